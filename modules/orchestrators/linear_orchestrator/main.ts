/**
 * `do`: runs a list of tasks in order; the output of one is the input of the next, that of the last is the list's.
 * It owns where the flow goes inside one list (`continue`, a task's name, `exit`, `end`). `if`, data flow, timeouts
 * and each task's own `then` are the engine's: they arrive here in the child's outcome.
 */
import {
  isJsonObject,
  ModuleResult,
  OrchestratorModule,
  TaskFault,
  type Json,
  type ModuleContext,
} from '@nexus/sdk'
import { nextStep } from './flow.ts'
import { taskNames } from './list.ts'

/** How often one task of a list may run by `then` going back, where the configuration says nothing. */
const visitsMaxDefault = 100_000
/** Tasks between one record of where the list stands and the next. */
const keptEvery = 500

export class Module extends OrchestratorModule {
  override async execute(context: ModuleContext): Promise<ModuleResult> {
    const names = taskNames(context.inputData)
    const visitsMax = Number(context.config['max_visits'] ?? visitsMaxDefault)
    const place = placeOf(await context.run.recall(), names.length, context.run.input)
    const { visits } = place
    let { output } = place
    let tasks = 0
    for (let { index } = place; index < names.length;) {
      context.signal.throwIfAborted()
      if (++tasks % keptEvery === 0) await context.run.keep({ index, visits: [...visits], output })
      const visit = countVisit(visits, index, names, visitsMax)
      const child = await runTask(context, { index, name: names[index] ?? '', visit, input: output })
      output = child.output
      const next = nextStep(child.then, index, names)
      if (next === 'end') return ModuleResult.ok(output, { metadata: { then: 'end' } })
      if (next === 'exit') return ModuleResult.ok(output, { metadata: { left: true } })
      index = next
    }
    return ModuleResult.ok(output)
  }
}

/** Where a list stands: the task that is next, how often each has run, and the output so far. */
interface Place {
  readonly index: number
  readonly visits: number[]
  readonly output: Json
}

/** The beginning of the list, or what an earlier life kept. */
function placeOf(kept: Json | undefined, length: number, input: Json): Place {
  const none = Array.from({ length }, () => 0)
  if (kept === undefined || !isJsonObject(kept)) return { index: 0, visits: none, output: input }
  const { index, visits, output } = kept as unknown as Place
  return { index, visits: none.map((_, task) => visits[task] ?? 0), output }
}

/** The visit that begins: 0 for the first. A list that goes round for ever ends here, with a reason. */
function countVisit(visits: number[], index: number, names: readonly string[], visitsMax: number): number {
  const visit = visits[index] ?? 0
  if (visit >= visitsMax) {
    throw TaskFault.of(
      'runtime',
      `Task "${names[index]}" ran ${visitsMax} times in one list: its flow does not seem to end. ` +
        'Look at the `then` that leads back to it, or raise max_visits of linear_orchestrator.',
    )
  }
  visits[index] = visit + 1
  return visit
}

/** A task that comes round again gets a path of its own, so that its earlier results are not taken for it. */
async function runTask(
  context: ModuleContext,
  task: { index: number; name: string; visit: number; input: Json },
): Promise<{ output: Json; then: string }> {
  const { index, name, visit, input } = task
  const at = ['do', index, name]
  const child = await context.run.task({ at, input, ...(visit > 0 && { path: [...at, visit] }) })
  if (child.status === 'skipped') return { output: input, then: 'continue' }
  return child
}
