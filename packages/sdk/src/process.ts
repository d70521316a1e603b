/**
 * @nexus/sdk/process: runs one program and leaves nothing behind. For modules that start programs; Node only, so it is
 * an entry of its own. A program runs as a process group: a timeout, a cancellation, a flood of output or the end of
 * its leader ends the whole group, and a watchdog ends it when the host itself is killed. It never reads the
 * environment of the host: what a program sees is what it is given.
 */
import { Cancelled } from './errors.ts'
import type { Clock } from './clock.ts'
import {
  collectOutput,
  type Binary,
  type Output,
  type OutputChannel,
  type Overflow,
} from './process/output.ts'
import { ControlGroup, entryError } from './process/control_group.ts'
import { endMarked, marked } from './process/descendants.ts'
import { endGroup, startGroup, type Group } from './process/group.ts'
import { openStdio } from './process/stdio.ts'
import { Watchdog } from './process/watchdog.ts'

export { asText, readReturn, readScalar, wrongArgument } from './process/arguments.ts'
export type { Binary, Content, OutputChannel, Overflow } from './process/output.ts'
export { controlGroupsFolder } from './process/control_group.ts'
export { Watchdog } from './process/watchdog.ts'
export { lastLines, processFault, processOutput, returnModes, type ReturnMode } from './process/result.ts'

export interface ProcessOptions {
  /** The program: an absolute path, or a name that is looked up on the PATH of `environment`. */
  readonly program: string
  /** What it is told that it was called; `program` by default. */
  readonly calledAs?: string
  readonly arguments: readonly string[]
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  /** All that standard input gives; nothing by default. What comes in pieces is put into a file first, not into memory. */
  readonly stdin?: string | AsyncIterable<Uint8Array>
  /** Ends the program; `run` then rejects with the signal's reason. */
  readonly signal: AbortSignal
  readonly timeoutMs: number
  /** How long the program has between SIGTERM and SIGKILL, and how long its background processes may hold its output. */
  readonly killAfterMs: number
  /** Of standard output and standard error each, in memory and live. */
  readonly outputBytesMax: number
  /** What becomes of more; it ends the program by default. */
  readonly overflow?: Overflow
  /** Ends also those that left the group: all of them where a control group can be made, else those that kept its environment (Linux). */
  readonly endsEscaped?: boolean
  /** False makes do without control groups, as where there are none. */
  readonly controlGroups?: boolean
  /** Live output: whole lines, possibly several, or pieces of a very long one. */
  readonly onOutput?: (channel: OutputChannel, text: string) => void
}

export interface ProcessOutcome {
  readonly end: ProcessEnd
  /** As UTF-8; what is not is replaced by U+FFFD. */
  readonly stdout: string
  readonly stderr: string
  /** Of which there was more than `outputBytesMax`; the text is its beginning. */
  readonly cut?: readonly OutputChannel[]
  readonly binary?: Binary
}

export type ProcessEnd =
  | { readonly kind: 'exited'; readonly code: number }
  /** By a signal that this runner did not send. */
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  | { readonly kind: 'timed_out'; readonly afterMs: number }
  | { readonly kind: 'flooded'; readonly channel: OutputChannel; readonly bytesMax: number }

/** Runs programs, knows those that are alive, and ends them all at `stop`. One for a module, made in its `setup`. */
export class ProcessRunner {
  readonly #clock: Clock
  readonly #watchdog = new Watchdog()
  readonly #stop = new AbortController()
  readonly #alive = new Set<Promise<unknown>>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /**
   * Runs one program to its end. Resolves when its whole process group is gone. Rejects with the reason of `signal`
   * when that ends it, and with the system's error (`ENOENT`, `EACCES`…) when the program cannot be started.
   */
  run(options: ProcessOptions): Promise<ProcessOutcome> {
    const signal = AbortSignal.any([options.signal, this.#stop.signal])
    const running = runProcess({ ...options, signal }, this.#clock, this.#watchdog)
    const tracked = running.catch(() => undefined).finally(() => this.#alive.delete(tracked))
    this.#alive.add(tracked)
    return running
  }

  /** Ends every program that still runs and waits until they are gone. Safe to call twice. */
  async stop(): Promise<void> {
    this.#stop.abort(new Cancelled('The module that ran this program was stopped.'))
    await Promise.all(this.#alive)
    await this.#watchdog.stop()
  }
}

async function runProcess(
  options: ProcessOptions,
  clock: Clock,
  watchdog: Watchdog,
): Promise<ProcessOutcome> {
  options.signal.throwIfAborted()
  using stdio = await openStdio(options.stdin)
  const mark = options.endsEscaped === true ? marked(options.environment) : undefined
  const all = mark && options.controlGroups !== false ? ControlGroup.open(mark.value) : undefined
  const asked = { ...options, ...mark }
  const { calledAs: _name, ...plain } = asked
  const entered = all?.around(asked)
  const group = await startGroup(entered ? { ...plain, ...entered } : asked, stdio.forChild).catch(
    async (error: unknown) => {
      await all?.end(clock)
      throw error
    },
  )
  watchdog.watch(group.id, mark?.value)
  try {
    const output = collectOutput(stdio.readers(group.child), options)
    const cut = await superviseGroup(group, { options, clock, output })
    await output.stop()
    options.signal.throwIfAborted()
    const outcome = { ...output.read(), end: endOf(group, output, cut) }
    const { code } = group.exit()
    const failure = entered && entryError(options.program, code ?? 0, outcome.stderr)
    if (failure) throw failure
    return outcome
  } finally {
    await all?.end(clock)
    await endMarked(mark, group.id)
    watchdog.forget(group.id, mark?.value)
  }
}

const keptMsMax = 10_000

type Cut = 'timed_out' | 'cut' | undefined

/** Waits for the end of the leader, or brings it about; then ends what is left of the group. */
async function superviseGroup(
  group: Group,
  { options, clock, output }: { options: ProcessOptions; clock: Clock; output: Output },
): Promise<Cut> {
  const { killAfterMs } = options
  const cut = await firstOf(group, options, clock, output)
  if (cut) group.kill(output.flooded() ? 'SIGKILL' : 'SIGTERM')
  if (cut && !(await within(clock, killAfterMs, group.exited))) group.kill('SIGKILL')
  await group.exited
  await within(clock, output.flooded() ? 0 : killAfterMs, output.closed)
  await endGroup(group, clock)
  // Nobody writes any more, but what was written may still be on its way to where it is kept.
  if (output.keeping()) await within(clock, keptMsMax, output.closed)
  return cut
}

/** What happens first: the leader ends (`undefined`), the time is up, or the signal or a flood cuts it short. */
async function firstOf(group: Group, options: ProcessOptions, clock: Clock, output: Output): Promise<Cut> {
  const { promise, resolve } = Promise.withResolvers<Cut>()
  const abort = (): void => resolve('cut')
  const stopTimer = clock.timer(options.timeoutMs, () => resolve('timed_out'))
  options.signal.addEventListener('abort', abort, { once: true })
  if (options.signal.aborted) abort()
  void output.flood.then(abort)
  void group.exited.then(() => resolve(undefined))
  try {
    return await promise
  } finally {
    stopTimer()
    options.signal.removeEventListener('abort', abort)
  }
}

function endOf(group: Group, output: Output, cut: Cut): ProcessEnd {
  const { code, signal } = group.exit()
  const channel = output.flooded()
  if (channel) return { kind: 'flooded', channel, bytesMax: output.bytesMax }
  if (cut === 'timed_out') return { kind: 'timed_out', afterMs: group.timeoutMs }
  return signal === null ? { kind: 'exited', code: code ?? 0 } : { kind: 'killed', signal }
}

/** Whether the work ends in time. */
function within(clock: Clock, delayMs: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve) => {
    const stopTimer = clock.timer(delayMs, () => resolve(false))
    void work.then(() => {
      stopTimer()
      resolve(true)
    })
  })
}
