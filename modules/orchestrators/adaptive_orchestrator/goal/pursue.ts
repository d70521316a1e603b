/**
 * `nexus.goal`: has a goal planned, runs the plan, looks at what came out, and decides what to do about what did not come
 * out well. Every call that it makes is a recorded task and every decision an event, so that a restart goes on where it
 * was and anybody can read why.
 */
import {
  isJsonObject,
  ModuleResult,
  TaskFault,
  workflowError,
  type Json,
  type JsonObject,
  type ModuleContext,
  type WorkflowError,
} from '@nexus/sdk'
import { decide, type Decision, type Failure } from './decide.ts'
import { estimateOf, observeRun } from './estimates.ts'
import { ask, tell } from './human.ts'
import { countTasks, planOf, sharedPath, withModule, type Plan } from './plan.ts'
import { readGoal, type Goal } from './read.ts'

export async function pursue(context: ModuleContext): Promise<ModuleResult> {
  const goal = await readGoal(context)
  const pursuit = new Pursuit(context, goal)
  return ModuleResult.ok(await pursuit.run())
}

interface Ran {
  readonly run: string
  readonly plan: Plan
  readonly completed: ReadonlySet<string>
  readonly outputs: JsonObject
}

class Pursuit {
  readonly #context: ModuleContext
  readonly #goal: Goal
  #capabilities: Json = []
  #steps = 0
  #tokens = 0
  #usd = 0
  #retries = 0
  #replans = 0
  #planIsTheSame = false
  readonly #modules = new Set<string>()

  constructor(context: ModuleContext, goal: Goal) {
    this.#context = context
    this.#goal = goal
  }

  async run(): Promise<Json> {
    const { goal } = this.#goal
    const known = memberOf(await this.#context.call('context.analyze', { goal }), 'capabilities')
    this.#capabilities = known ?? []
    let plan = await this.#plan({})
    let past: Ran | undefined
    for (;;) {
      const outcome = await this.#runPlan(plan, past)
      if ('output' in outcome) return outcome.output
      past = outcome.ran
      const decision = this.#decide(outcome.failure)
      await tell(this.#context, 'decided', {
        decision: decision.kind,
        reason: decision.reason,
        run: past.run,
      })
      this.#say(decision.reason)
      plan = await this.#follow(decision, plan, outcome)
    }
  }

  #decide(failure: Failure): Decision {
    const tried = {
      retries: this.#retries,
      replans: this.#replans,
      modules: this.#modules,
      planIsTheSame: this.#planIsTheSame,
    }
    return decide(failure, tried, this.#goal.bounds, this.#capabilities)
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
        return withModule(plan, decision.task, decision.module) ?? plan
      case 'replan':
        return this.#replan(plan, failure, ran)
      case 'ask': {
        const { approve, say } = await ask(this.#context, `${decision.reason} Try again?`, { run: ran.run })
        if (!approve) throw new TaskFault(failure.error)
        return say === '' ? plan : this.#plan({ advice: say })
      }
      case 'give_up':
        throw new TaskFault(failure.error)
    }
  }

  async #replan(plan: Plan, { error, task, capability }: Failure, { outputs }: Ran): Promise<Plan> {
    this.#replans++
    const failed = { task: task ?? null, capability: capability ?? null, error: { ...error } }
    const next = await this.#plan({ failed, done: outputs, plan: plan.planned })
    this.#planIsTheSame = JSON.stringify(next.planned) === JSON.stringify(plan.planned)
    if (!this.#planIsTheSame) return next
    await tell(this.#context, 'decided', {
      decision: 'keep_plan',
      reason: 'The new plan is the one that failed.',
    })
    throw new TaskFault(error)
  }

  /** `more`: what the planner is told besides the goal. */
  async #plan(more: JsonObject): Promise<Plan> {
    const { goal, context, constraints, bounds } = this.#goal
    const left = bounds.stepsMax - this.#steps
    const known = Object.keys(more).length === 0 ? context : { ...asObject(context), ...more }
    const given = await this.#context.call('goal.plan', {
      goal,
      context: known,
      constraints,
      max_steps: Math.max(left, 1),
      ...(Array.isArray(this.#capabilities) &&
        this.#capabilities.length > 0 && { capabilities: this.#capabilities }),
    })
    this.#charge(given)
    const plan = planOf(given, bounds.depth)
    this.#count(plan)
    const { limits } = bounds
    const capabilities = this.#capabilities
    const estimate = await estimateOf(this.#context, plan.workflow, { capabilities, limits })
    await this.#show(given, plan, estimate)
    return { ...plan, ...(estimate && { estimate }) }
  }

  #charge(planned: Json): void {
    const { tokensMax = Infinity, usdMax = Infinity } = this.#goal.bounds
    const usage = memberOf(planned, 'usage')
    this.#tokens += Number(memberOf(usage ?? null, 'total_tokens') ?? 0)
    this.#usd += Number(memberOf(planned, 'cost_usd') ?? 0)
    if (this.#tokens > tokensMax) throw beyond('tokens', this.#tokens, tokensMax)
    if (this.#usd > usdMax) throw beyond('US dollars', this.#usd, usdMax)
  }

  #count(plan: Plan): void {
    const { stepsMax } = this.#goal.bounds
    this.#steps += countTasks(plan.planned['do'] ?? [])
    if (this.#steps > stepsMax) throw beyond('tasks', this.#steps, stepsMax)
  }

  async #show(given: Json, { planned }: Plan, estimate: JsonObject | undefined): Promise<void> {
    const planner = memberOf(given, 'planner') ?? null
    await tell(this.#context, 'planned', {
      planner,
      workflow: planned,
      needs: memberOf(given, 'needs') ?? [],
      ...(estimate && { makespan_ms: estimate['makespan_ms'] ?? null }),
    })
    if (!this.#goal.bounds.approve) return
    const { approve, say } = await ask(this.#context, 'Run this plan?', { workflow: planned })
    if (approve) return
    throw TaskFault.of('authorization', `The plan was not approved.${say === '' ? '' : ` ${say}`}`)
  }

  async #runPlan(
    plan: Plan,
    past: Ran | undefined,
  ): Promise<{ readonly output: Json } | { readonly failure: Failure; readonly ran: Ran }> {
    const path = past && sharedPath(past.plan, plan, past.completed)
    const outcome = await this.#context.call('workflow.run', {
      workflow: plan.workflow,
      input: this.#context.run.input,
      on_fault: 'return',
      ...(past && path !== undefined && { past: { run: past.run, path } }),
    })
    const run = textOf(memberOf(outcome, 'run'))
    const output = memberOf(outcome, 'output') ?? null
    if (memberOf(outcome, 'status') === 'completed') {
      // A run that went on with what another had done says nothing of how long the whole takes.
      if (plan.estimate && path === undefined)
        await observeRun(this.#context, { estimate: plan.estimate, run, capabilities: this.#capabilities })
      const complaint = await this.#check(output)
      if (complaint === undefined) return { output }
      return { failure: failureOf(complaint), ran: await this.#look(run, plan) }
    }
    const error = memberOf(outcome, 'error') as unknown as WorkflowError
    return { failure: this.#locate(error, plan), ran: await this.#look(run, plan) }
  }

  /** Whether the outcome is what the goal expects; else what is wrong with it. */
  async #check(output: Json): Promise<WorkflowError | undefined> {
    const { expect } = this.#goal.bounds
    if (expect === undefined) return undefined
    const workflow = checking(expect)
    const outcome = await this.#context.call('workflow.run', {
      workflow,
      input: { output },
      on_fault: 'return',
    })
    if (memberOf(outcome, 'status') === 'completed' && memberOf(outcome, 'output') !== false) return undefined
    const why = typeof expect === 'string' ? expect : 'the schema of the goal'
    return workflowError('validation', `The outcome is not as expected: ${why}`)
  }

  /** What a run of a plan completed. */
  async #look(run: string, plan: Plan): Promise<Ran> {
    const tasks = memberOf(await this.#context.call('task_manager.run', { id: run }), 'tasks')
    const done = (Array.isArray(tasks) ? (tasks as Json[]) : []).filter(
      (task): task is JsonObject => isJsonObject(task) && task['status'] === 'completed',
    )
    const outermost = done.filter(({ path }) => textOf(path).split('/').length === 4)
    return {
      run,
      plan,
      completed: new Set(outermost.map(({ path }) => textOf(path))),
      outputs: Object.fromEntries(outermost.map(({ name, output }) => [textOf(name), output ?? null])),
    }
  }

  /** The task of the outermost list at which an error stands. */
  #locate(error: WorkflowError, { workflow }: Plan): Failure {
    const [, index, task] = /^\/do\/(\d+)\/([^/]+)/.exec(error.instance ?? '') ?? []
    const list = workflow['do']
    const entry = Array.isArray(list) ? (list[Number(index)] as Json | undefined) : undefined
    const call = memberOf(memberOf(entry ?? null, task ?? '') ?? null, 'call')
    if (typeof call !== 'string') return { ...failureOf(error), task }
    const slash = call.indexOf('/')
    const capability = call.slice(slash + 1)
    const listed = (Array.isArray(this.#capabilities) ? (this.#capabilities as Json[]) : []).find(
      (each) => memberOf(each, 'task') === capability,
    )
    const served = memberOf(listed ?? null, 'module')
    const module = slash === -1 ? served : call.slice(0, slash)
    return { error, task, capability, module: typeof module === 'string' ? module : undefined }
  }

  #say(text: string): void {
    this.#context.stream({ channel: 'progress', text: `${text}\n` })
  }
}

function failureOf(error: WorkflowError): Failure {
  return { error, task: undefined, capability: undefined, module: undefined }
}

/** A document that gives whether an outcome is as expected; the schema of its input is a schema that is. */
function checking(expect: Json): JsonObject {
  const document = { dsl: '1.0.3', namespace: 'nexus', name: 'check', version: '1.0.0' }
  if (typeof expect !== 'string') {
    const schema = { type: 'object', properties: { output: expect } }
    return {
      document,
      input: { schema: { format: 'json', document: schema } },
      do: [{ check: { set: { ok: true } } }],
    }
  }
  const inner = /^\$\{([\s\S]*)\}$/.exec(expect)?.[1] ?? expect
  return {
    document,
    do: [{ check: { set: `\${ {ok: (.output | (${inner}) | not | not)} }`, output: { as: '${ .ok }' } } }],
  }
}

function beyond(what: string, used: number, most: number): TaskFault {
  return TaskFault.of(
    'runtime',
    `This goal has taken ${used} ${what}, and may take ${most}. Give it more, or ask for less.`,
  )
}

function memberOf(value: Json, key: string): Json | undefined {
  return isJsonObject(value) ? value[key] : undefined
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function asObject(value: Json): JsonObject {
  if (isJsonObject(value)) return value
  return value === null ? {} : { given: value }
}
