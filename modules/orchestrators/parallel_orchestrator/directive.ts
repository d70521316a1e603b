/** Flow directives of things that run side by side: there is no order among them in which one could jump. */
import { TaskFault, type ChildOutcome } from '@nexus/sdk'

/** Throws where the flow of a task would go on to another. `what`: what it is called, e.g. `Branch "a" of a fork`. */
export function stayWithin(outcome: ChildOutcome, what: string): ChildOutcome {
  if (outcome.then === 'continue' || outcome.then === 'exit' || outcome.then === 'end') return outcome
  throw TaskFault.of(
    'configuration',
    `${what} goes on to "${outcome.then}". What runs side by side has no order, so that \`then\` can only be continue, ` +
      'exit or end. Put tasks that follow each other in a `do`.',
  )
}
