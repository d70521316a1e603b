/** Reads the input of `goal.plan`, and bounds it. Where no capabilities are handed in, it asks the kernel for them. */
import { isJsonObject, TaskFault, type Json, type ModuleContext } from '@nexus/sdk'
import { catalogueOf } from './catalogue.ts'
import type { PlanRequest } from './planners.ts'

const goalLengthMaxDefault = 10_000
const stepsMaxDefault = 100

export async function readRequest(context: ModuleContext): Promise<PlanRequest> {
  const { inputData: input, config } = context
  if (!isJsonObject(input))
    throw TaskFault.of('validation', 'The input of goal.plan must be an object with a `goal`.')
  const { context: surroundings = null, constraints = null, max_steps: steps } = input
  return {
    goal: readGoal(input['goal'] ?? null, Number(config['goal_length_max'] ?? goalLengthMaxDefault)),
    context: surroundings,
    constraints,
    stepsMax: typeof steps === 'number' ? steps : stepsMaxDefault,
    catalogue: catalogueOf(input['capabilities'] ?? (await askedCapabilities(context))),
  }
}

function readGoal(goal: Json, lengthMax: number): string {
  if (typeof goal !== 'string') throw TaskFault.of('validation', '`goal` must be a text.')
  if (goal.trim() === '')
    throw TaskFault.of(
      'validation',
      'The goal is empty. Say what is to be done, as in “count the rows of sales.csv”.',
    )
  if (goal.length > lengthMax)
    throw TaskFault.of(
      'validation',
      `The goal has ${goal.length} characters; at most ${lengthMax} are read (goal_length_max). Put data into files, and name them in the goal.`,
    )
  return goal
}

async function askedCapabilities(context: ModuleContext): Promise<Json> {
  const answer = await context.call('service_router.capabilities', {})
  return isJsonObject(answer) ? (answer['capabilities'] ?? []) : []
}
