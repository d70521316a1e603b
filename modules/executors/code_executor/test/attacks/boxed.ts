/** Runs an attack in a box and says whether it was contained: it got nothing, and the box still serves what comes next. */
import type { Sandbox, Script, ScriptOutcome } from '../../sandbox.ts'
import type { Attack } from './attack.ts'
import type { World } from './world.ts'

const megabyte = 1_048_576
/** Small, so that a bomb is soon over. A box's own limits are larger. */
export const attackLimits = {
  timeoutMs: 300,
  cpuMs: 5000,
  memoryBytes: 64 * megabyte,
  outputBytes: megabyte,
  scratchBytes: 8 * megabyte,
}

/** How much later than its limit a script may be over, on a machine that has more to do. */
const overrunMsMax = 10_000
/** Pyodide has to be started for each script. */
const startMsMax = 60_000

/** Undefined where it was contained; else what it got. */
export async function whyNotContained(
  attack: Attack,
  box: Sandbox,
  world: World,
  timeoutMs: number,
): Promise<string | undefined> {
  const startedMs = performance.now()
  const limits = { ...attackLimits, timeoutMs: attack.isSlow ? attackLimits.timeoutMs : timeoutMs }
  let last: ScriptOutcome | undefined
  let given = ''
  for (const code of attack.phases) {
    try {
      last = await box.run(script(code, { world: { ...world.places } }), {
        limits,
        signal: new AbortController().signal,
      })
    } catch (error) {
      given += String(error)
    }
  }
  const tookMs = performance.now() - startedMs
  const found = await signOf(attack, last, world)
  if (found !== undefined) return found
  if (given.includes('could not be closed')) return given
  if (
    tookMs >
    attack.phases.length * (limits.timeoutMs + overrunMsMax + (box.name === 'pyodide' ? startMsMax : 0))
  )
    return `took ${Math.round(tookMs)} ms`
  // Pyodide takes seconds to start, and starts anew for every script: its last attack is looked at for all of them.
  return box.name === 'pyodide' ? undefined : whyNotServing(box)
}

async function signOf(
  { seen, phases }: Attack,
  last: ScriptOutcome | undefined,
  world: World,
): Promise<string | undefined> {
  const isMade = await world.isTargetMade(seen === 'file' ? 400 : 0)
  if (isMade) return 'the file was made'
  if (await world.isReached(seen === 'reached' ? 400 : 0)) return 'a server saw its connection'
  if (seen === 'dead' && (await world.isVictimDead())) return 'the victim is dead'
  if (!last) return undefined
  const text = last.stdout + last.stderr
  // On standard error it may stand in a line of the script that failed.
  if (last.stdout.includes('ESCAPED')) return `it printed ${last.stdout.slice(0, 200)}`
  if (text.length > 2 * attackLimits.outputBytes) return 'all of its output was kept'
  if (seen === 'outlived' && last.end.kind === 'exited' && last.end.code === 0) return 'it ended by itself'
  if (
    seen === 'forged' &&
    last.end.kind === 'exited' &&
    last.end.code === 0 &&
    last.value !== undefined &&
    last.value !== null
  ) {
    // What a script gives by its own `return` is its own; what it makes up for its host is not.
    if (JSON.stringify(last.value).includes('forged')) return `it forged ${JSON.stringify(last.value)}`
    return phases.length > 0 && depthOf(last.value) > 256 ? 'its deep value came in' : undefined
  }
  return undefined
}

function depthOf(value: unknown): number {
  let depth = 0
  for (let inner = value; Array.isArray(inner); inner = inner[0]) depth++
  return depth
}

export async function whyNotServing(box: Sandbox): Promise<string | undefined> {
  const code =
    box.language === 'javascript'
      ? `console.log(JSON.stringify([6 * 7, {}.polluted]))`
      : 'print([6 * 7, None])'
  const { stdout, end } = await box.run(script(code, {}), {
    limits: { ...attackLimits, timeoutMs: 30_000 },
    signal: new AbortController().signal,
  })
  return /^\[42, ?(?:null|None)\]\n$/.test(stdout)
    ? undefined
    : `the next script printed ${JSON.stringify(stdout)} and ended by ${JSON.stringify(end)}`
}

export function script(code: string, variables: Script['variables']): Script {
  return {
    code,
    variables,
    arguments: [],
    stdin: undefined,
    environment: {},
    wantsValue: true,
    inputs: new Map(),
    outputs: [],
    network: [],
  }
}
