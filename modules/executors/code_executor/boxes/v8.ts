/**
 * JavaScript at native speed: a fresh Node process for each script, under its permission model and, always, under
 * bubblewrap. The permission model alone lets a script send signals to this host, so without bubblewrap there is no such
 * box. One process waits for the next script; none runs two.
 */
import { realpathSync } from 'node:fs'
import { underBubblewrap, withLimits, type Launch } from '../worker/launch.ts'
import { workerBox } from '../worker/box.ts'
import { Worker } from '../worker/worker.ts'
import type { CodeName, Sandbox, ScriptError, ScriptLimits, ScriptOutcome } from '../sandbox.ts'
import { megabyteBytes, type BoxSettings } from '../settings.ts'
import { frugal, nodeDataBytes } from './quickjs.ts'
import { v8Driver } from './v8/driver.ts'

const codeBytesMax = 16_777_216

export function v8Box(settings: BoxSettings, bubblewrap: string): Sandbox {
  const { host, limits } = settings
  const startWith = (given: ScriptLimits) => (): Promise<Worker> =>
    Worker.start(
      { ...launchOf(settings, bubblewrap, given), canStop: false, isSingleUse: true, isRaw: true },
      host.clock,
      host.watchdog,
    )
  const box = workerBox({
    name: 'v8',
    language: 'javascript',
    layers: ['process', 'node_permissions', 'bubblewrap', 'memory_limit'],
    metersCpu: true,
    clock: host.clock,
    concurrency: settings.concurrency,
    start: startWith(limits),
    answer: (script, request, signal) => host.network.fetch(script.network, request, signal),
    // The limits of a process are those that it was started with.
    startFor: (given) =>
      given.memoryBytes < limits.memoryBytes || given.scratchBytes < limits.scratchBytes
        ? startWith(given)
        : undefined,
  })
  return { ...box, run: async (script, options) => described(await box.run(script, options), script.place) }
}

/** What Node takes with one thread that compiles; most of it is never touched. */
const v8DataBytes = nodeDataBytes - 67_108_864
const oldSpaceMbMin = 16

function launchOf({ nodePackages }: BoxSettings, bubblewrap: string, limits: ScriptLimits): Launch {
  const program = realpathSync(process.execPath)
  const oldSpaceMb = Math.max(oldSpaceMbMin, Math.floor(limits.memoryBytes / megabyteBytes))
  const permissions = [
    '--permission',
    '--allow-fs-read=/code',
    '--allow-fs-read=/scratch',
    '--allow-fs-write=/scratch',
    '--allow-fs-write=/code',
  ]
  const flags = [...permissions, ...frugal, `--max-old-space-size=${oldSpaceMb}`, '--no-warnings']
  const world = {
    readable: [program],
    bound: nodePackages === '' ? [] : [['/code/node_modules', nodePackages] as const],
    folders: [
      ['/scratch', limits.scratchBytes],
      ['/code', codeBytesMax],
    ] as const,
  }
  const node = { program, arguments: [...flags, '--input-type=module', '--eval', v8Driver] }
  return withLimits(underBubblewrap(bubblewrap, world, node), {
    dataBytesMax: v8DataBytes + limits.memoryBytes,
  })
}

/** Node's own frames say nothing about the script; a syntax error of a module has its line in what Node prints alone. */
function described(outcome: ScriptOutcome, place?: CodeName): ScriptOutcome {
  const { end } = outcome
  if (end.kind === 'exited' && end.code > 128 && outcome.stderr.includes('out of memory'))
    return { ...outcome, end: { kind: 'limited', limit: 'memory' } }
  if (!outcome.error) return outcome
  const stderr = outcome.stderr
    .replaceAll(/^ {4}at .*(?:\bnode:(?:internal\/|vm:|diagnostics_channel:)|\[eval1\]).*\n/gm, '')
    .replaceAll('file:///code/', '')
    .replace(/\n+Node\.js v\S+\n$/, '\n')
  const error = placed(outcome.error, stderr, place)
  if (!place) return { ...outcome, stderr, error }
  // Node needs a file of its own kind, so that it gets its name at the end only.
  const named = stderr.replaceAll(
    /\bscript\.m?js(?=:\d)(?:(:\d+:)(\d+))?/g,
    (_whole, line?: string, own?: string) =>
      place.name + (line === undefined ? '' : line + columnIn(place, Number(own))),
  )
  return { ...outcome, stderr: named, error }
}

/** The place of a syntax error stands in what Node prints alone: its line, and below that a mark at its column. */
function placed({ message, line, column }: ScriptError, stderr: string, place?: CodeName): ScriptError {
  if (line !== undefined)
    return { message, line, ...(column !== undefined && { column: columnIn(place, column) }) }
  const [, printed, blank] = /^script\.m?js:(\d+)$(?:\n.*\n([ \t]*)\^)?/m.exec(stderr) ?? []
  return {
    message,
    ...(printed !== undefined && { line: Number(printed) }),
    ...(blank !== undefined && { column: columnIn(place, blank.length + 1) }),
  }
}

const columnIn = (place: CodeName | undefined, own: number): number => own + (place?.column ?? 1) - 1
