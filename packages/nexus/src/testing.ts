/**
 * @nexus/nexus/testing: whole workflows in a test, on a data folder of their own that is gone afterwards, with every
 * module that comes with Nexus and with time that the test has in its hands. It keeps nothing and leaves nothing running.
 *
 *     const record = await run([{ greet: { set: { said: 'hello' } } }])
 *     expect(record).toMatchObject({ status: 'completed', output: { said: 'hello' } })
 */
import { systemClock, type Clock, type Json, type JsonObject } from '@nexus/sdk'
import type { RunRecord } from '@nexus/engine'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openNexus, type Nexus } from './nexus.ts'

interface DocumentOptions {
  readonly input?: Json
  /** The components of the document. */
  readonly use?: JsonObject
}

export interface TestRunOptions extends DocumentOptions {
  /** By default waits end at once: time jumps to their end. */
  readonly clock?: Clock
}

/** Runs tasks to their end. */
export async function run(
  tasks: readonly JsonObject[],
  { clock = jumpingClock(), ...options }: TestRunOptions = {},
): Promise<RunRecord> {
  using data = dataFolder()
  await using opened = await open(data.folder, clock)
  const { nexus } = opened
  const live = await nexus.run(nexus.check(textOf(tasks, options)), options.input ?? {})
  await live.ended
  return nexus.runs.get(live.id)
}

export interface TwoLivesOptions extends DocumentOptions {
  /** At which wait the first life ends; 1 by default. */
  readonly waits?: number
  /** The time of the first life. */
  readonly now?: () => number
}

const dayMs = 86_400_000

/**
 * Runs tasks until they wait for the `waits`-th time, none of which ends; closes Nexus there, opens another a day later,
 * and goes on to the end.
 */
export async function runInTwoLives(
  tasks: readonly JsonObject[],
  options: TwoLivesOptions = {},
): Promise<{ before: RunRecord; after: RunRecord }> {
  using data = dataFolder()
  const id = await firstLife(data.folder, textOf(tasks, options), options)
  await using opened = await open(data.folder, jumpingClock(dayMs))
  const { runs } = opened.nexus
  const before = await runs.get(id)
  const resumed = await runs.resume(id)
  await resumed.ended
  return { before, after: await runs.get(id) }
}

async function firstLife(
  folder: string,
  text: string,
  { input = {}, waits = 1, now = () => systemClock.now() }: TwoLivesOptions,
): Promise<string> {
  const waiting = Promise.withResolvers<void>()
  let begun = 0
  const sleep: Clock['sleep'] = (_delayMs, signal) => {
    if (++begun === waits) waiting.resolve()
    return aborted(signal)
  }
  await using opened = await open(folder, { ...systemClock, now, sleep })
  const { nexus } = opened
  const { id, ended } = await nexus.run(nexus.check(text), input)
  await Promise.race([waiting.promise, ended])
  return id
}

/** No wait ends but by being aborted. */
export const stillClock: Clock = { ...systemClock, sleep: (_delayMs, signal) => aborted(signal) }

/** Waits end at once, and the time is then that of their end. */
export function jumpingClock(aheadMs = 0): Clock {
  let jumpedMs = aheadMs
  return {
    ...systemClock,
    now: () => systemClock.now() + jumpedMs,
    sleep: async (delayMs) => void (jumpedMs += Math.max(0, delayMs)),
  }
}

/** The paths of the tasks of that kind, in the order of their start. */
export function pathsOf(record: RunRecord, kind: string): readonly string[] {
  return record.tasks.filter((task) => task.kind === kind).map(({ path }) => path)
}

function textOf(tasks: readonly JsonObject[], { use }: DocumentOptions): string {
  const document = { dsl: '1.0.3', namespace: 'test', name: 'test', version: '1.0.0' }
  return JSON.stringify({ document, ...(use && { use }), do: tasks })
}

function dataFolder(): Disposable & { readonly folder: string } {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-test-'))
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

async function open(data: string, clock: Clock): Promise<AsyncDisposable & { readonly nexus: Nexus }> {
  const nexus = await openNexus({ data, clock })
  return { nexus, [Symbol.asyncDispose]: () => nexus.close() }
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    const stop = (): void => reject(signal?.reason as Error)
    if (signal?.aborted) stop()
    signal?.addEventListener('abort', stop, { once: true })
  })
}
