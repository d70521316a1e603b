/**
 * Tries a version that is staged on tasks that were recorded: what is idempotent is done again, and must come out as it
 * did. Nothing of it is seen by any run.
 */
import type { Clock, Json } from '@nexus/sdk'
import { isDeepStrictEqual } from 'node:util'
import { withDeadline } from '../deadline.ts'
import { ModuleFailure } from '../host.ts'
import type { RecordedTask, RecordedTasks } from '../recorded_tasks.ts'
import { runlessContext } from '../runless_context.ts'
import type { Slot } from '../slot.ts'

/** How long one task may take. */
const taskMsMax = 30_000
/** Differences that are told; of more, their number. */
const toldMax = 5

/** How many tasks were done again. Rejects with `ModuleFailure` where one came out otherwise. */
export async function replay(
  slots: readonly Slot[],
  limit: number,
  { recorded, clock }: { recorded: RecordedTasks; clock: Clock },
): Promise<number> {
  let count = 0
  const differences: string[] = []
  for (const slot of slots) {
    for (const { task, idempotent } of slot.manifest.provides ?? []) {
      if (idempotent !== true || slot.manifest.type === 'orchestrator') continue
      for (const sample of recorded.samples(task, limit)) {
        count++
        const difference = await tryOn(slot, task, sample, clock)
        if (difference !== undefined) differences.push(difference)
      }
    }
  }
  if (differences.length > 0) throw different(differences, count)
  return count
}

async function tryOn(
  slot: Slot,
  task: string,
  { input, output }: RecordedTask,
  clock: Clock,
): Promise<string | undefined> {
  const got = await doAgain(slot, task, input, clock)
  if ('output' in got && isDeepStrictEqual(got.output, output)) return undefined
  const now = 'output' in got ? shown(slot.mask(got.output)) : slot.mask(got.fault)
  return `${slot.manifest.id} ${slot.manifest.version}, ${task} of ${shown(input)}: it was ${shown(output)}, now it is ${now}`
}

async function doAgain(
  slot: Slot,
  task: string,
  input: Json,
  clock: Clock,
): Promise<{ readonly output: Json } | { readonly fault: string }> {
  const stop = new AbortController()
  try {
    const instance = await slot.start()
    const context = runlessContext({
      kind: task,
      input,
      asker: 'replay',
      refusal: 'A task that is done again to try a version has no run and calls nobody.',
      idempotencyKey: `replay:${task}`,
      signal: stop.signal,
      clock,
    })
    const result = await withDeadline(clock, taskMsMax, () => instance.execute(context))
    return result.success
      ? { output: result.outputData }
      : { fault: result.error?.detail ?? 'a fault without a reason' }
  } catch (error) {
    stop.abort(error)
    return { fault: error instanceof Error ? error.message : String(error) }
  }
}

function different(differences: readonly string[], count: number): ModuleFailure {
  const told = differences.slice(0, toldMax).map((difference) => `  ${difference}`)
  const more = differences.length > toldMax ? [`  and ${differences.length - toldMax} more`] : []
  const what = `Of ${count} recorded tasks ${differences.length} come out otherwise`
  return new ModuleFailure(
    `${what}:\n${[...told, ...more].join('\n')}\nWithout --replay it is swapped all the same.`,
  )
}

const shownLengthMax = 200

function shown(value: Json): string {
  const text = JSON.stringify(value)
  return text.length > shownLengthMax ? `${text.slice(0, shownLengthMax)}…` : text
}
