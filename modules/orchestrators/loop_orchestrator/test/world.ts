/**
 * The world of an end-to-end test: a whole Nexus on a data folder of its own, which is gone when the test is.
 * Time is the test's: in a first life no wait ends, in a second all of them have.
 */
import { openNexus, type Nexus, type RunRecord } from '@nexus/nexus'
import { systemClock, type Clock, type Json, type JsonObject } from '@nexus/sdk'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

const dayMs = 86_400_000

/** Runs a list of tasks to its end, without waiting for any `wait`. */
export async function runTasks(tasks: readonly JsonObject[], input: Json = {}): Promise<RunRecord> {
  const nexus = await open(dataFolder(), { ...systemClock, sleep: async () => {} })
  const live = await nexus.run(nexus.check(documentOf(tasks)), input)
  await live.ended
  return nexus.runs.get(live.id)
}

/** Runs a list of tasks until it waits; closes Nexus there, opens another a day later, and goes on to the end. */
export async function runInTwoLives(
  tasks: readonly JsonObject[],
  input: Json = {},
): Promise<{ before: RunRecord; after: RunRecord }> {
  const folder = dataFolder()
  const waiting = Promise.withResolvers<void>()
  const first = await open(folder, {
    ...systemClock,
    sleep: (_delayMs, signal) => {
      waiting.resolve()
      return aborted(signal)
    },
  })
  const { id, ended } = await first.run(first.check(documentOf(tasks)), input)
  await Promise.race([waiting.promise, ended])
  await first.close()
  const second = await open(folder, { ...systemClock, now: () => systemClock.now() + dayMs })
  const before = await second.runs.get(id)
  await (
    await second.runs.resume(id)
  ).ended
  return { before, after: await second.runs.get(id) }
}

/** The paths of the tasks of that kind, in the order of their start. */
export function pathsOf(record: RunRecord, kind: string): readonly string[] {
  return record.tasks.filter((task) => task.kind === kind).map(({ path }) => path)
}

function documentOf(tasks: readonly JsonObject[]): string {
  return JSON.stringify({
    document: { dsl: '1.0.3', namespace: 'test', name: 'end-to-end', version: '1.0.0' },
    do: tasks,
  })
}

function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

async function open(folder: string, clock: Clock): Promise<Nexus> {
  const nexus = await openNexus({ data: folder, clock })
  onTestFinished(() => nexus.close())
  return nexus
}

function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal?.aborted) reject(signal.reason as Error)
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}
