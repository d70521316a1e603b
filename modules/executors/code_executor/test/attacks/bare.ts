/**
 * A runner without a sandbox, as one would write it in an afternoon: it evaluates scripts in its own process and takes
 * its result from its last line. Every attack has to succeed here, or it would prove nothing where it fails.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Language } from '../../sandbox.ts'
import type { Attack, WorldPlaces } from './attack.ts'
import type { World } from './world.ts'

/** Who is not over by then does not end by itself. */
const slowMs = 500

const node = `
import { createRequire } from 'node:module'
globalThis.HOST_TOKEN = 'SECRET'
globalThis.require = createRequire(process.cwd() + '/')
globalThis.world = JSON.parse(process.argv[1])
let value
for (const phase of JSON.parse(process.argv[2])) {
  try { value = await (0, eval)('(async () => {' + phase + '\\n})()') } catch (error) { console.error(String(error)) }
}
console.log('\\nRUNNER DONE')
if ({}.polluted) console.log('POLLUTED')
const text = 'RESULT ' + JSON.stringify(value ?? null) + '\\n'
process.stdout.write(text, () => process.stderr.write('', () => process.exit()))
`

const python = `
import ast, json, sys
HOST_TOKEN = "SECRET"
world, phases = json.loads(sys.argv[1]), json.loads(sys.argv[2])
value = None
for phase in phases:
    try:
        tree = ast.parse(phase)
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        names = {"world": world, "__name__": "__main__"}
        exec(compile(tree, "script.py", "exec"), names)
        value = eval(compile(ast.Expression(last.value), "script.py", "eval"), names) if last else None
    except Exception as error:
        print(error, file=sys.stderr)
print("\\nRUNNER DONE", flush=True)
try:
    print("RESULT " + json.dumps(value))
except (TypeError, ValueError):
    print("RESULT null")
`

const pyodide = `
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
const folder = dirname(createRequire(process.argv[3] + '/').resolve('pyodide/package.json'))
const { loadPyodide } = await import(folder + '/pyodide.mjs')
const runner = await loadPyodide()
for (const phase of JSON.parse(process.argv[2])) runner.runPython(phase)
`

export async function succeedsBare(
  attack: Attack,
  language: Language,
  world: World,
  timeoutMs: number,
): Promise<boolean> {
  const { places } = world
  const folder = await mkdtemp(join(world.folder, 'bare-'))
  try {
    return await succeeded(attack, await runBare(attack, language, { places, folder, timeoutMs }), world)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Ended {
  readonly stdout: string
  readonly sizeBytes: number
  readonly isTimedOut: boolean
}

function runBare(
  attack: Attack,
  language: Language,
  { places, folder, timeoutMs }: { places: WorldPlaces; folder: string; timeoutMs: number },
): Promise<Ended> {
  const given = [JSON.stringify(places), JSON.stringify(attack.phases)]
  const asNode = ['--no-warnings', '--input-type=module', '--eval', attack.needsPyodide ? pyodide : node]
  const isNode = language === 'javascript' || attack.needsPyodide
  const [program, flags] = isNode ? [process.execPath, asNode] : ['python3', ['-I', '-c', python]]
  const child = spawn(program, [...flags, ...given, import.meta.dirname], {
    cwd: folder,
    env: { HOST_SECRET: 'SECRET', PATH: '/usr/bin:/bin' },
    // The fourth is a channel for results, as many runners have one.
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true,
  })
  const texts: string[] = []
  let sizeBytes = 0
  for (const stream of child.stdio.slice(1)) {
    stream?.on('data', (chunk: Buffer) => {
      sizeBytes += chunk.length
      if (texts.length < 1000) texts.push(chunk.toString('latin1'))
    })
  }
  const { promise, resolve } = Promise.withResolvers<Ended>()
  let isTimedOut = false
  const timer = setTimeout(
    () => {
      isTimedOut = true
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
    },
    attack.isSlow ? slowMs : timeoutMs,
  )
  child.once('close', () => {
    clearTimeout(timer)
    resolve({ stdout: texts.join(''), sizeBytes, isTimedOut })
  })
  return promise
}

async function succeeded({ seen }: Attack, ended: Ended, world: World): Promise<boolean> {
  const { stdout, sizeBytes, isTimedOut } = ended
  if (seen === 'file') return world.isTargetMade(400)
  await world.isTargetMade(0)
  if (seen === 'reached') return world.isReached(400)
  if (seen === 'dead') return world.isVictimDead()
  if (seen === 'outlived') return isTimedOut
  if (seen === 'broken') return !stdout.includes('RUNNER DONE')
  if (seen === 'flooded') return sizeBytes >= world.places.outputBytes
  if (seen === 'polluted') return stdout.includes('POLLUTED')
  if (seen === 'forged') return /RESULT (?:\{"forged": ?true\}|\[{500})/.test(stdout)
  return stdout.includes('ESCAPED')
}
