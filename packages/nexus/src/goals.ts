/**
 * Goals as runs: the documents that plan a goal, and that plan and run it. A goal is the input of such a run, so that
 * nothing in its words is ever taken for an expression.
 */
import type { Json } from '@nexus/sdk'

export interface GoalInput {
  readonly goal: string
  readonly context?: Json
  /** See `nexus.goal`. */
  readonly constraints?: Json
  readonly max_steps?: number
}

/** Plans the goal of its input, runs the plan, and gives what comes out. */
export const goalDocument = `document: { dsl: '1.0.3', namespace: nexus, name: goal, version: '1.0.0' }
do:
  - goal:
      call: nexus.goal
      with:
        goal: '\${ .goal }'
        context: '\${ .context // null }'
        constraints: '\${ .constraints // {} }'
        max_steps: '\${ .max_steps // 100 }'
`

/** Plans the goal of its input and runs nothing. Output: `{plan, estimate, graph}`. */
export const planDocument = `document: { dsl: '1.0.3', namespace: nexus, name: plan, version: '1.0.0' }
do:
  - analyze:
      call: context.analyze
      with: { goal: '\${ .goal }' }
      output: { as: '\${ $input + {capabilities: .capabilities, known: .} }' }
  - plan:
      call: goal.plan
      with:
        goal: '\${ .goal }'
        context: >-
          \${ (.known | {files, runs, memory})
            + (.context | if type == "object" then . elif . == null then {} else {given: .} end) }
        constraints: >-
          \${ .constraints | if type != "object" then .
            else del(.max_steps, .depth, .max_retries, .max_replans, .budget, .approve, .ask_human, .limits, .expect)
              | if . == {} then null else . end
            end }
        max_steps: '\${ .max_steps // 100 }'
        capabilities: '\${ .capabilities }'
      export: { as: '\${ {plan: .} }' }
  - graph:
      call: graph.analyze
      with: { workflow: '\${ .workflow }' }
      export: { as: '\${ $context + {graph: .} }' }
  - estimate:
      call: resources.estimate
      with: { workflow: '\${ $context.plan.workflow }', graph: '\${ . }' }
  - result:
      set: { plan: '\${ $context.plan }', graph: '\${ $context.graph }', estimate: '\${ . }' }
`

/** The last plan that a run of a goal made, as its record has it. */
export function planIn(
  tasks: readonly { readonly kind: string; readonly status: string; readonly output: Json }[],
): Json {
  return tasks.findLast(({ kind, status }) => kind === 'goal.plan' && status === 'completed')?.output ?? null
}
