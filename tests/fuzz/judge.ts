/**
 * What becomes of a mutated document, and whether that is right: it is refused with places, or it runs to an end, or it
 * waits and can be cancelled. Whatever depends on time is told apart, since the company of other documents may be to
 * blame for it.
 */
import {
  formatProblems,
  type CheckedWorkflow,
  type LiveRun,
  type RunOutcome,
  type RunRecord,
} from '@nexus/nexus'
import { systemClock } from '@nexus/sdk'
import type { World } from './world.ts'

export interface Verdict {
  readonly fate: 'refused' | 'completed' | 'faulted' | 'cancelled'
  readonly tookMs: number
  readonly blockedMs: number
  /** It was cancelled although it waited for nothing. */
  readonly isBusy: boolean
}

/** A document got what it must not get. */
export class Wrong extends Error {
  /** Too slow: try it alone before it is believed. */
  readonly isSlow: boolean

  constructor(message: string, { isSlow = false, cause }: { isSlow?: boolean; cause?: unknown } = {}) {
    super(message, { cause })
    this.isSlow = isSlow
  }
}

/** How long a run has to end by itself. */
const patienceMs = 250
/** One that does not wait for anything has longer. */
const busyMsMax = 3_000
/** How long a cancelled run has to end, and how long it is waited for to say so. */
const cancelMsMax = 1_000
const endMsMax = 20_000
/** How many events a run may have for its record to be read: that of a long loop takes seconds. */
const recordedMax = 10_000
/** How long the event loop may stand still. */
const blockedMsMax = 5_000

export async function judge(world: World, text: string): Promise<Verdict> {
  const began = systemClock.elapsed()
  const loop = world.watchLoop()
  const checked = await check(world, text)
  const { fate, isBusy } = checked.document
    ? await play(world, checked)
    : { fate: 'refused' as const, isBusy: false }
  const blockedMs = loop()
  if (blockedMs > blockedMsMax) {
    throw new Wrong(`Nothing else ran for ${Math.round(blockedMs)} ms.`, { isSlow: true })
  }
  const polluted = Object.keys(Object.prototype)
  if (polluted.length > 0) throw new Wrong(`Every object has got ${polluted.join(', ')}.`)
  return { fate, isBusy, blockedMs, tookMs: systemClock.elapsed() - began }
}

async function check({ nexus }: World, text: string): Promise<CheckedWorkflow> {
  const checked = await checkedOrWrong(() => nexus.check(text))
  checkProblems(checked)
  if (!checked.document) return checked
  const whole = await checkedOrWrong(() => nexus.complete(checked))
  checkProblems(whole)
  return whole
}

async function checkedOrWrong(
  make: () => CheckedWorkflow | Promise<CheckedWorkflow>,
): Promise<CheckedWorkflow> {
  try {
    const checked = await make()
    formatProblems(checked.problems, checked)
    return checked
  } catch (error) {
    throw new Wrong('The check threw.', { cause: error })
  }
}

/** There is a document or an error, and every problem has a place in the text. */
function checkProblems({ document, problems, text }: CheckedWorkflow): void {
  const errors = problems.filter(({ severity }) => severity === 'error')
  if (errors.length > 0 === (document !== undefined)) {
    throw new Wrong(`There are ${errors.length} errors, and ${document ? 'a' : 'no'} document.`)
  }
  const lines = text.split('\n')
  for (const { start, end, message, code } of problems) {
    const { [start.line - 1]: line } = lines
    const isInText = line !== undefined && start.column >= 1 && start.column <= line.length + 1
    const isRange = end.offset >= start.offset && end.offset <= text.length
    if (!isInText || !isRange || message.trim() === '' || code === 'unreadable') {
      throw new Wrong(`A problem is out of place: ${JSON.stringify({ code, message, start, end })}`)
    }
  }
}

async function play(world: World, checked: CheckedWorkflow): Promise<Pick<Verdict, 'fate' | 'isBusy'>> {
  const live = await begun(world, checked)
  const progress = new Progress(live)
  const alone = await within(live, patienceMs)
  const { outcome, isBusy } = alone ? { outcome: alone, isBusy: false } : await stop(live, progress)
  if (outcome.status === 'faulted') checkError(outcome.error)
  if (progress.events <= recordedMax) await checkRecord(world, live, outcome)
  return { fate: outcome.status, isBusy }
}

async function checkRecord(world: World, live: LiveRun, { status }: RunOutcome): Promise<void> {
  const record = await recordOf(world, live)
  if (record.status !== status) throw new Wrong(`A run ${status} is recorded as ${record.status}.`)
  for (const task of record.tasks) if (task.error) checkError(task.error)
}

/** What is heard of a run under way. */
class Progress {
  events = 0
  readonly #waiting = new Set<string>()

  constructor(live: LiveRun) {
    live.listen((event) => {
      this.events++
      if (event.type === 'task.ended') this.#waiting.delete(event.path)
      if (event.type === 'task.started' && waiting.test(event.task.kind)) this.#waiting.add(event.task.path)
    })
  }

  /** Whether a task waits for something outside, for time, or between two attempts. */
  get waits(): boolean {
    return this.#waiting.size > 0
  }
}

/** Tasks of these kinds may wait. */
const waiting = /^(?:wait|listen|http|openapi|run\..*|try)$/

async function begun({ nexus, input }: World, checked: CheckedWorkflow): Promise<LiveRun> {
  try {
    return await nexus.run(checked, input)
  } catch (error) {
    throw new Wrong('A document that was found valid was not run.', { cause: error })
  }
}

async function recordOf({ nexus }: World, { id }: LiveRun): Promise<RunRecord> {
  try {
    const record = await nexus.runs.get(id)
    JSON.stringify(record)
    return record
  } catch (error) {
    throw new Wrong('The record of the run cannot be read.', { cause: error })
  }
}

/** Its outcome, or undefined when that takes longer. */
async function within(live: LiveRun, delayMs: number): Promise<RunOutcome | undefined> {
  const late = Promise.withResolvers<undefined>()
  const stopTimer = systemClock.timer(delayMs, () => late.resolve(undefined))
  try {
    return await Promise.race([live.ended, late.promise])
  } catch (error) {
    throw new Wrong('The end of the run was not recorded.', { cause: error })
  } finally {
    stopTimer()
  }
}

/** Cancels a run that waits for something, or that is busy for too long. */
async function stop(live: LiveRun, progress: Progress): Promise<{ outcome: RunOutcome; isBusy: boolean }> {
  const isBusy = !progress.waits
  const ended = isBusy ? await busyEnd(live, progress) : undefined
  if (ended) return { outcome: ended, isBusy: false }
  const cancelled = systemClock.elapsed()
  live.cancel()
  const outcome = await within(live, endMsMax)
  if (!outcome) throw new Wrong(`The run did not end within ${endMsMax} ms of its cancellation.`)
  const tookMs = Math.round(systemClock.elapsed() - cancelled)
  if (tookMs > cancelMsMax) throw new Wrong(`The run took ${tookMs} ms to be cancelled.`, { isSlow: true })
  return { outcome, isBusy }
}

/** A run that waits for nothing must get on: what it has recorded grows, or it ends. */
async function busyEnd(live: LiveRun, progress: Progress): Promise<RunOutcome | undefined> {
  const { events } = progress
  const outcome = await within(live, busyMsMax)
  if (!outcome && progress.events === events && !progress.waits) {
    throw new Wrong(`The run waits for nothing, and does nothing in ${busyMsMax} ms.`, { isSlow: true })
  }
  return outcome
}

type ErrorShape = Readonly<Record<'type' | 'status' | 'title' | 'detail' | 'instance', unknown>>

/** An error of a workflow has the shape that the language gives it, and is no exception of the program itself. */
function checkError(error: object): void {
  const { type, status, title = '', detail = '', instance = '' } = error as Partial<ErrorShape>
  const texts = [type, title, detail, instance]
  if (!Number.isInteger(status) || !texts.every((text) => typeof text === 'string')) {
    throw new Wrong(`An error is none of the language: ${JSON.stringify(error)}`)
  }
  if (/^(?:Type|Range|Reference|Syntax|URI)?Error: /.test(String(detail))) {
    throw new Wrong(`An exception of the program is told as a fault: ${String(detail)}`)
  }
}
