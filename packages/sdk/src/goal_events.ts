/**
 * The events of goals, which tell a plan, each decision with its reason, and what a person is asked; and the one that
 * answers. Their `subject` is the run. What is in them is said by who sends them.
 */
export const goalEvents = {
  /** `data`: `{task, planner, workflow, needs, estimate?}`. */
  planned: 'io.nexus.goal.planned.v1',
  /** `data`: `{task, decision, reason, run?}`. */
  decided: 'io.nexus.goal.decided.v1',
  /** `data`: `{task, question, …}`: what it is about. */
  asked: 'io.nexus.goal.asked.v1',
  /** `data`: `{approve, say?}`; sent to the run, also before it asks. */
  answered: 'io.nexus.goal.answered.v1',
} as const
