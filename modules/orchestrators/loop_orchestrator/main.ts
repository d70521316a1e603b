/**
 * `for`: runs a list once for each item, one after the other. The first iteration gets the task's input, each other
 * the output of the one before; the output of the last is the loop's. It keeps the output of one iteration at a time,
 * however many there are, and after every so many where it stands, so that a restart replays no more than those. What
 * happens inside an iteration belongs to whoever runs lists.
 */
import {
  isJsonObject,
  itemsOf,
  ModuleResult,
  OrchestratorModule,
  TaskFault,
  type Json,
  type JsonObject,
  type ModuleContext,
} from '@nexus/sdk'
import { readLoop } from './loop.ts'

/** How many iterations a loop may have, where the configuration says nothing. */
const iterationsMaxDefault = 1_000_000
/** Iterations between one record of where the loop stands and the next. */
const keptEvery = 500

export class Module extends OrchestratorModule {
  override async execute(context: ModuleContext): Promise<ModuleResult> {
    const loop = readLoop(context.inputData)
    const items = await itemsOf(context, loop.in, 'A loop')
    const iterationsMax = Number(context.config['max_iterations'] ?? iterationsMaxDefault)
    // A loop that nothing can end early is refused before it does half of its work.
    if (loop.while === undefined && items.length > iterationsMax) throw tooLong(items.length, iterationsMax)
    const { first, output: before } = placeOf(await context.run.recall(), context.run.input)
    let output = before
    for (const [offset, item] of items.slice(first).entries()) {
      context.signal.throwIfAborted()
      const index = first + offset
      if (offset > 0 && index % keptEvery === 0) await context.run.keep({ first: index, output })
      const variables = { [loop.each]: item, [loop.at]: index }
      if (!(await goesOn(context, loop.while, { input: output, variables }))) break
      if (index >= iterationsMax) throw tooLong(items.length, iterationsMax)
      const done = await context.run.list({ at: ['do'], path: ['for', index], input: output, variables })
      output = done.output
      if (done.then === 'end') return ModuleResult.ok(output, { metadata: { then: 'end' } })
    }
    return ModuleResult.ok(output)
  }
}

/** Where the loop goes on: from its beginning, or from what an earlier life kept. */
function placeOf(kept: Json | undefined, input: Json): { first: number; output: Json } {
  if (kept === undefined || !isJsonObject(kept)) return { first: 0, output: input }
  return { first: Number(kept['first']), output: kept['output'] ?? null }
}

/** Truth as jq has it: all but `false` and `null`. */
async function goesOn(
  context: ModuleContext,
  condition: string | undefined,
  iteration: { input: Json; variables: JsonObject },
): Promise<boolean> {
  if (condition === undefined) return true
  const value = await context.run.evaluate(condition, iteration)
  return value !== false && value !== null
}

function tooLong(count: number, iterationsMax: number): TaskFault {
  return TaskFault.of(
    'runtime',
    `A loop over ${count} items goes beyond the ${iterationsMax} iterations that one may have. ` +
      'Split the list, or raise max_iterations of loop_orchestrator.',
  )
}
