/** A goal analyzer of one's own, without an engine: plans, and the faults that come in their place. */
import { TaskFault, isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { testContext, testSetup, type TestContextOptions } from '@nexus/sdk/testing'
import { Module } from '../main.ts'

const tasks = [
  'do',
  'fork',
  'for',
  'switch',
  'try',
  'nexus.map',
  'nexus.dag',
  'http',
  'run.shell',
  'run.script',
  'query.sql',
]
export const installed: readonly JsonObject[] = tasks.map((task) => ({ task }))

export interface Plan extends JsonObject {
  readonly planner: string
  readonly workflow: JsonObject
  readonly tasks: readonly JsonObject[]
  readonly steps: readonly JsonObject[]
  readonly needs: readonly JsonObject[]
  readonly assumptions: readonly string[]
}

export async function setup(config: JsonObject = {}) {
  const module = new Module()
  await module.setup(testSetup({ config }))
  const contextOf = (input: JsonObject, calls: TestContextOptions<Json>['calls'] = {}) =>
    testContext({ inputData: { capabilities: installed, ...input }, config, calls })
  const plan = async (goal: string, more: JsonObject = {}, calls: TestContextOptions<Json>['calls'] = {}) => {
    const planned = await module.analyze(contextOf({ goal, ...more }, calls))
    if (!isJsonObject(planned)) throw new Error('This should be a plan.')
    return planned as Plan
  }
  const refusal = async (...given: Parameters<typeof plan>): Promise<TaskFault> => {
    const fault = await plan(...given).catch((error: unknown) => error)
    if (!(fault instanceof TaskFault)) throw new Error('This should have been refused.', { cause: fault })
    return fault
  }
  return { module, contextOf, plan, refusal }
}

/** The names of the tasks, in order. */
export function namesOf({ steps }: Plan): readonly unknown[] {
  return steps.map(({ task }) => task)
}
