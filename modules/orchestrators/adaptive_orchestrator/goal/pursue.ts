/**
 * `nexus.goal`: has a goal planned, runs the plan, looks at what came out, and decides what to do about what did not come
 * out well. Every call that it makes is a recorded task and every decision an event, so that a restart goes on where it
 * was and anybody can read why.
 */
import { ModuleResult, TaskFault, type Json, type JsonObject, type ModuleContext } from '@nexus/sdk'
import { decide, type Decision, type Failure } from './decide.ts'
import { ask, tell } from './human.ts'
import { checkDocument } from './checks.ts'
import { listOf, memberOf, objectsOf, textOf } from './json.ts'
import type { Plan } from './plan.ts'
import { Planning, type AtHand } from './planning.ts'
import { readGoal, type Goal } from './read.ts'
import { runPlan, type Ran } from './run_plan.ts'

export async function pursue(context: ModuleContext): Promise<ModuleResult> {
  const goal = await readGoal(context)
  await requireCheck(context, goal.bounds.expect)
  const atHand = atHandIn(await context.call('context.analyze', { goal: goal.goal }))
  return ModuleResult.ok(await new Pursuit(context, goal, atHand).run())
}

/** What could never be checked is found before anything is planned. */
async function requireCheck(context: ModuleContext, expect: Json | undefined): Promise<void> {
  if (expect === undefined) return
  const verdict = await context.call('workflow.check', { workflow: checkDocument(expect) })
  if (memberOf(verdict, 'valid') === true) return
  const problems = objectsOf(memberOf(verdict, 'problems'))
  const problem = problems.find(({ severity }) => severity === 'error')
  const why = textOf(problem?.['message'])
  throw TaskFault.of('validation', `\`expect\` of the goal is neither an expression nor a schema: ${why}`)
}

class Pursuit {
  readonly #context: ModuleContext
  readonly #goal: Goal
  readonly #atHand: AtHand
  readonly #planning: Planning
  #retries = 0
  #replans = 0
  #asked = 0
  #planIsTheSame = false
  readonly #modules = new Set<string>()

  constructor(context: ModuleContext, goal: Goal, atHand: AtHand) {
    this.#context = context
    this.#goal = goal
    this.#atHand = atHand
    this.#planning = new Planning(context, goal, atHand)
  }

  async run(): Promise<Json> {
    const { capabilities } = this.#atHand
    const runner = { context: this.#context, capabilities, expect: this.#goal.bounds.expect }
    let plan = await this.#planning.plan({})
    let past: Ran | undefined
    for (;;) {
      const outcome = await runPlan(runner, plan, past)
      if ('output' in outcome) return outcome.output
      past = outcome.ran
      plan = await this.#goOn(plan, outcome.failure, past)
    }
  }

  /** The plan to run next. Rejects with the fault where nothing is left to try. */
  async #goOn(plan: Plan, failure: Failure, ran: Ran): Promise<Plan> {
    const { bounds } = this.#goal
    const tried = {
      retries: this.#retries,
      replans: this.#replans,
      asked: this.#asked,
      modules: this.#modules,
      planIsTheSame: this.#planIsTheSame,
    }
    const decision = decide(failure, tried, bounds, this.#atHand.capabilities)
    await this.#tell(decision.kind, decision.reason, ran)
    return this.#follow(decision, plan, { failure, ran })
  }

  async #follow(
    decision: Decision,
    plan: Plan,
    { failure, ran }: { readonly failure: Failure; readonly ran: Ran },
  ): Promise<Plan> {
    switch (decision.kind) {
      case 'retry':
        this.#retries++
        await this.#context.run.sleep(`retry/${this.#retries}`, decision.delayMs)
        return plan
      case 'alternative':
        this.#modules.add(`${decision.task} ${decision.module}`)
        return this.#planning.take(plan, decision.task, decision.module)
      case 'replan':
        return this.#replan(plan, failure, ran)
      case 'ask':
        return this.#ask(plan, { failure, ran, question: `${decision.reason} Try again?` })
      case 'give_up':
        throw new TaskFault(failure.error)
    }
  }

  /** A person may let the plan run again as it is, or say something to the planner. */
  async #ask(
    plan: Plan,
    { failure, ran, question }: { failure: Failure; ran: Ran; question: string },
  ): Promise<Plan> {
    this.#asked++
    const { approve, say } = await ask(this.#context, question, { run: ran.run })
    if (!approve) throw new TaskFault(failure.error)
    if (say === '') return plan
    const next = await this.#planning.plan({ ...told(plan, failure, ran), advice: say })
    this.#planIsTheSame = isSame(next, plan)
    return next
  }

  async #replan(plan: Plan, failure: Failure, ran: Ran): Promise<Plan> {
    this.#replans++
    const next = await this.#planning.plan(told(plan, failure, ran))
    this.#planIsTheSame = isSame(next, plan)
    if (!this.#planIsTheSame) return next
    await this.#tell('keep_plan', 'The new plan is the one that failed.', ran)
    return this.#goOn(plan, failure, ran)
  }

  async #tell(decision: string, reason: string, { run }: Ran): Promise<void> {
    await tell(this.#context, 'decided', { decision, reason, run })
    this.#context.stream({ channel: 'progress', text: `${reason}\n` })
  }
}

/** What a planner is told of a plan that failed. */
function told({ planned }: Plan, { error, task, capability }: Failure, { outputs }: Ran): JsonObject {
  const failed = { task: task ?? null, capability: capability ?? null, error: { ...error } }
  return { failed, done: outputs, plan: planned }
}

function isSame(one: Plan, other: Plan): boolean {
  return JSON.stringify(one.planned) === JSON.stringify(other.planned)
}

/** What planners are told besides the capabilities: the files that the goal names, runs like it, and what is remembered. */
function atHandIn(known: Json): AtHand {
  const files = memberOf(known, 'files')
  const runs = memberOf(known, 'runs')
  const memory = memberOf(known, 'memory')
  return {
    capabilities: memberOf(known, 'capabilities') ?? [],
    told: {
      ...(listOf(files).length > 0 && { files: files ?? null }),
      ...(listOf(runs).length > 0 && { runs: runs ?? null }),
      ...(listOf(memberOf(memory, 'found')).length > 0 && { memory: memory ?? null }),
    },
  }
}
