/**
 * What a model's plan may not be, whatever the check of documents says: it may call only what is installed, may not plan
 * further goals, and may not be longer than asked.
 */
import type { Catalogue } from '../catalogue.ts'
import { tasksOf } from './tasks_of.ts'
import type { JsonObject } from '@nexus/sdk'

export interface PlanProblem {
  readonly message: string
  readonly pointer: string
}

/** Tasks of the language, which are not called by their name. */
export const ownKinds: ReadonlySet<string> = new Set([
  'do',
  'fork',
  'for',
  'switch',
  'try',
  'set',
  'wait',
  'raise',
  'emit',
  'listen',
])

/** A plan that plans would have no end; one that runs other workflows would hide what it does. */
const refused: ReadonlySet<string> = new Set([
  'nexus.goal',
  'goal.plan',
  'llm.chat',
  'run.workflow',
  'workflow.check',
])

export function restrictionProblems(
  workflow: JsonObject,
  catalogue: Catalogue,
  stepsMax: number,
): readonly PlanProblem[] {
  const tasks = tasksOf(workflow['do'])
  const strange = tasks.flatMap(({ capability, pointer }): PlanProblem[] => {
    if (refused.has(capability)) return [{ pointer, message: `A plan may not use \`${capability}\`.` }]
    if (catalogue.has(capability)) return []
    const near = catalogue.nearest(capability)
    return [
      {
        pointer,
        message: `There is no \`${capability}\`.${near === undefined ? '' : ` Did you mean \`${near}\`?`} Use only what is listed.`,
      },
    ]
  })
  const long =
    tasks.length > stepsMax
      ? [{ pointer: '/do', message: `The plan has ${tasks.length} tasks; at most ${stepsMax} are allowed.` }]
      : []
  const hidden = Object.keys(workflow).filter(
    (key) => !['document', 'do', 'output', 'input', 'timeout'].includes(key),
  )
  return [
    ...strange,
    ...long,
    ...hidden.map((key) => ({
      pointer: `/${key}`,
      message: `Leave \`${key}\` out: a plan has \`document\`, \`do\` and \`output\`.`,
    })),
  ]
}
