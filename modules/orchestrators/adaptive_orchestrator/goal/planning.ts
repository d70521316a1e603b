/**
 * Has a goal planned, and anew where that is asked for: what the planner is told, what it may take, what a person says to
 * the plan. It counts what planning took against the bounds of the goal; whoever runs plans is somebody else.
 */
import { TaskFault, type Json, type JsonObject, type ModuleContext } from '@nexus/sdk'
import { estimateOf } from './estimates.ts'
import { ask, tell } from './human.ts'
import { memberOf, objectOf, listOf } from './json.ts'
import { countTasks } from './lists.ts'
import { documentIn, planOf, taskNamed, withModule, type Left, type Plan } from './plan.ts'
import type { Goal } from './read.ts'

/** What is at hand, as planners and estimates see it. */
export interface AtHand {
  readonly capabilities: Json
  /** Files that the goal names, runs like it, what is remembered. */
  readonly told: JsonObject
}

/** A module that was taken for a task, which stays with that task in later plans. */
interface Taken {
  readonly task: string
  readonly module: string
  /** What the task was before, as JSON. */
  readonly definition: string
}

export class Planning {
  readonly #context: ModuleContext
  readonly #goal: Goal
  readonly #atHand: AtHand
  readonly #taken: Taken[] = []
  #steps = 0
  #tokens = 0
  #usd = 0

  constructor(context: ModuleContext, goal: Goal, atHand: AtHand) {
    this.#context = context
    this.#goal = goal
    this.#atHand = atHand
  }

  /** `more`: what the planner is told besides the goal. Rejects with a `TaskFault` where a bound of the goal is reached. */
  async plan(more: JsonObject): Promise<Plan> {
    const { capabilities } = this.#atHand
    const given = await this.#context.call('goal.plan', this.#request(more))
    this.#charge(given)
    const planned = documentIn(given)
    this.count(planned)
    const plan = this.#withTaken(planOf(planned, this.#left()))
    const { limits } = this.#goal.bounds
    const estimate = await estimateOf(this.#context, plan.workflow, { capabilities, limits })
    await this.#show(given, plan, estimate)
    return { ...plan, ...(estimate && { estimate }) }
  }

  /** Tasks of a plan that is to run; rejects where they are too many together. */
  count(planned: JsonObject): void {
    const { stepsMax } = this.#goal.bounds
    this.#steps += countTasks(listOf(planned['do']))
    if (this.#steps > stepsMax) throw beyond('tasks', this.#steps, stepsMax)
  }

  /** From now on that module does that task, also in plans that have it just so. */
  take(plan: Plan, task: string, module: string): Plan {
    const definition = JSON.stringify(taskNamed(plan, task) ?? null)
    this.#taken.push({ task, module, definition })
    return withModule(plan, task, module) ?? plan
  }

  #withTaken(plan: Plan): Plan {
    return this.#taken.reduce((changed, { task, module, definition }) => {
      const isSame = JSON.stringify(taskNamed(changed, task) ?? null) === definition
      return (isSame ? withModule(changed, task, module) : undefined) ?? changed
    }, plan)
  }

  #request(more: JsonObject): JsonObject {
    const { goal, context, bounds } = this.#goal
    const { capabilities, told } = this.#atHand
    const isToldMore = Object.keys(told).length + Object.keys(more).length > 0
    const constraints = this.#constraints()
    return {
      goal,
      context: isToldMore ? { ...told, ...asObject(context), ...more } : context,
      ...(constraints !== undefined && { constraints }),
      max_steps: Math.max(bounds.stepsMax - this.#steps, 1),
      ...(listOf(capabilities).length > 0 && { capabilities }),
    }
  }

  /** Those for the planner, with what is left of the budget. */
  #constraints(): Json | undefined {
    const { constraints, bounds } = this.#goal
    const budget = {
      ...(bounds.tokensMax !== undefined && { tokens: Math.max(bounds.tokensMax - this.#tokens, 0) }),
      ...(bounds.usdMax !== undefined && { usd: Math.max(bounds.usdMax - this.#usd, 0) }),
    }
    if (Object.keys(budget).length === 0) return constraints
    return { ...objectOf(constraints), budget }
  }

  #left(): Left {
    const { depth, stepsMax, tokensMax = Infinity, usdMax = Infinity } = this.#goal.bounds
    return { depth, steps: stepsMax - this.#steps, tokens: tokensMax - this.#tokens, usd: usdMax - this.#usd }
  }

  /** A price that is not known keeps to no budget of money. */
  #charge(planned: Json): void {
    const { tokensMax = Infinity, usdMax = Infinity } = this.#goal.bounds
    const cost = memberOf(planned, 'cost_usd')
    if (cost === null && usdMax !== Infinity) throw unpriced(planned)
    this.#tokens += Number(memberOf(memberOf(planned, 'usage'), 'total_tokens') ?? 0)
    this.#usd += Number(cost ?? 0)
    if (this.#tokens > tokensMax) throw beyond('tokens', this.#tokens, tokensMax)
    if (this.#usd > usdMax) throw beyond('US dollars', this.#usd, usdMax)
  }

  async #show(given: Json, { planned }: Plan, estimate: JsonObject | undefined): Promise<void> {
    const about = {
      planner: memberOf(given, 'planner') ?? null,
      workflow: planned,
      needs: memberOf(given, 'needs') ?? [],
      assumptions: memberOf(given, 'assumptions') ?? [],
      ...(estimate && { estimate: shortened(estimate) }),
    }
    await tell(this.#context, 'planned', about)
    if (!this.#goal.bounds.approve) return
    const { approve, say } = await ask(this.#context, 'Run this plan?', { workflow: planned })
    if (approve) return
    throw TaskFault.of('authorization', `The plan was not approved.${say === '' ? '' : ` ${say}`}`)
  }
}

/** The whole of an estimate, without each task. */
function shortened({ tasks: _tasks, ...whole }: JsonObject): JsonObject {
  return whole
}

function unpriced(planned: Json): TaskFault {
  const assumptions = listOf(memberOf(planned, 'assumptions')).map(String).join(' ')
  return TaskFault.of(
    'configuration',
    `What planning cost is not known, so that \`constraints.budget.usd\` cannot be kept. ${assumptions} Set \`prices\` of openai_integration for the model, or leave budget.usd out.`,
  )
}

function beyond(what: string, used: number, most: number): TaskFault {
  return TaskFault.of(
    'runtime',
    `This goal has taken ${used} ${what}, and may take ${most}. Give it more, or ask for less.`,
  )
}

function asObject(value: Json): JsonObject {
  return value === null || typeof value === 'object' ? objectOf(value) : { given: value }
}
