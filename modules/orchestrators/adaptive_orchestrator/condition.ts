/** The `when` and `exceptWhen` of a catch clause or a retry policy, evaluated with the error as a variable. */
import type { JsonObject, ModuleContext } from '@nexus/sdk'

export interface Conditions {
  readonly when: string | undefined
  readonly exceptWhen: string | undefined
}

/** Truth is jq's: all but `false` and `null`. What is not there does not stand in the way. */
export async function allow(
  context: ModuleContext,
  { when, exceptWhen }: Conditions,
  variables: JsonObject,
): Promise<boolean> {
  if (when !== undefined && !(await holds(context, when, variables))) return false
  return exceptWhen === undefined || !(await holds(context, exceptWhen, variables))
}

async function holds(context: ModuleContext, expression: string, variables: JsonObject): Promise<boolean> {
  const value = await context.run.evaluate(expression, { variables })
  return value !== false && value !== null
}
