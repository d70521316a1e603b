/**
 * JavaScript at native speed: a fresh Node process for each script, under its permission model and, always, under
 * bubblewrap. The permission model alone lets a script send signals to this host, so without bubblewrap there is no such
 * box. One process waits for the next script; none runs two.
 */
import { realpathSync } from 'node:fs'
import { underBubblewrap, withLimits } from '../worker/launch.ts'
import { workerBox } from '../worker/box.ts'
import { Worker } from '../worker/worker.ts'
import type { Sandbox, ScriptError, ScriptOutcome } from '../sandbox.ts'
import { megabyteBytes, type BoxSettings } from '../settings.ts'
import { nodeDataBytes } from './quickjs.ts'
import { v8Driver } from './v8/driver.ts'

const codeBytesMax = 16_777_216

export function v8Box(settings: BoxSettings, bubblewrap: string): Sandbox {
  const { host, limits, nodePackages } = settings
  const program = realpathSync(process.execPath)
  const permissions = [
    '--permission',
    '--allow-fs-read=/code',
    '--allow-fs-read=/scratch',
    '--allow-fs-write=/scratch',
  ]
  const heap = `--max-old-space-size=${Math.max(16, Math.floor(limits.memoryBytes / megabyteBytes))}`
  const node = {
    program,
    arguments: [
      ...permissions,
      '--allow-fs-write=/code',
      heap,
      '--no-warnings',
      '--input-type=module',
      '--eval',
      v8Driver,
    ],
  }
  const world = {
    readable: [program],
    bound: nodePackages === '' ? [] : [['/code/node_modules', nodePackages] as const],
    folders: [
      ['/scratch', limits.scratchBytes],
      ['/code', codeBytesMax],
    ] as const,
  }
  const launch = withLimits(underBubblewrap(bubblewrap, world, node), {
    dataBytesMax: nodeDataBytes + limits.memoryBytes,
  })
  const box = workerBox({
    name: 'v8',
    language: 'javascript',
    layers: ['process', 'node_permissions', 'bubblewrap', 'memory_limit'],
    hasNetwork: false,
    clock: host.clock,
    concurrency: settings.concurrency,
    start: () =>
      Worker.start({ ...launch, canStop: false, isSingleUse: true, isRaw: true }, host.clock, host.watchdog),
  })
  return { ...box, run: async (script, options) => described(await box.run(script, options)) }
}

/** Node's own frames say nothing about the script; a syntax error of a module has its line in what Node prints alone. */
function described(outcome: ScriptOutcome): ScriptOutcome {
  const { end } = outcome
  if (end.kind === 'exited' && end.code > 128 && outcome.stderr.includes('out of memory'))
    return { ...outcome, end: { kind: 'limited', limit: 'memory' } }
  if (!outcome.error) return outcome
  const stderr = outcome.stderr
    .replaceAll(/^ {4}at .*(?:\bnode:internal\/|\[eval1\]).*\n/gm, '')
    .replaceAll('file:///code/', '')
    .replace(/\n+Node\.js v\S+\n$/, '\n')
  return { ...outcome, stderr, error: withLine(outcome.error, stderr) }
}

function withLine({ message, line: known }: ScriptError, stderr: string): ScriptError {
  const line = known ?? Number(/^script\.m?js:(\d+)$/m.exec(stderr)?.[1])
  return { message, ...(line > 0 && { line }) }
}
