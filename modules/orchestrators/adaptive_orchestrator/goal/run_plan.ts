/**
 * Runs a plan as a run of its own, goes on with what another one completed where they begin alike, and tells what came
 * of it: its output, or what failed, at which task, and what is done. It decides nothing.
 */
import { workflowError, type Json, type JsonObject, type ModuleContext, type WorkflowError } from '@nexus/sdk'
import { checkDocument, checkOf } from './checks.ts'
import type { Failure } from './decide.ts'
import { observeRun } from './estimates.ts'
import { listOf, memberOf, objectOf, objectsOf, textOf } from './json.ts'
import { entryOf } from './lists.ts'
import { sharedPath, type Plan } from './plan.ts'

/** A run of a plan that did not come to a good end. */
export interface Ran {
  readonly run: string
  readonly plan: Plan
  /** Paths of tasks of the outermost list. */
  readonly completed: ReadonlySet<string>
  /** By the names of these tasks. */
  readonly outputs: JsonObject
}

export type Outcome = { readonly output: Json } | { readonly failure: Failure; readonly ran: Ran }

export interface Runner {
  readonly context: ModuleContext
  readonly capabilities: Json
  /** What the outcome must be; undefined: anything. */
  readonly expect: Json | undefined
}

export async function runPlan(runner: Runner, plan: Plan, past: Ran | undefined): Promise<Outcome> {
  const { context, capabilities } = runner
  const path = past && sharedPath(past.plan, plan, past.completed)
  const needs = memberOf(memberOf(plan.estimate, 'total'), 'needs')
  const outcome = await context.call('workflow.run', {
    workflow: plan.workflow,
    input: context.run.input,
    on_fault: 'return',
    ...(needs !== undefined && { needs }),
    ...(past && path !== undefined && { past: { run: past.run, path } }),
  })
  const run = textOf(memberOf(outcome, 'run'))
  if (memberOf(outcome, 'status') !== 'completed') {
    const failure = locate(errorIn(outcome), plan, capabilities)
    return { failure, ran: await look(context, run, plan) }
  }
  // A run that went on with what another had done says nothing of how long the whole takes.
  if (plan.estimate && path === undefined)
    await observeRun(context, { estimate: plan.estimate, run, capabilities })
  const output = memberOf(outcome, 'output') ?? null
  const complaint = await complaintAbout(output, runner)
  if (complaint === undefined) return { output }
  return { failure: ofWhole(complaint), ran: await look(context, run, plan) }
}

function errorIn(outcome: Json): WorkflowError {
  const { type, status, title, detail, instance } = objectOf(memberOf(outcome, 'error'))
  return {
    type: textOf(type) || 'about:blank',
    status: typeof status === 'number' ? status : 500,
    ...(typeof title === 'string' && { title }),
    ...(typeof detail === 'string' && { detail }),
    ...(typeof instance === 'string' && { instance }),
  }
}

/** What is wrong with an outcome that is not what the goal expects. */
async function complaintAbout(output: Json, { context, expect }: Runner): Promise<WorkflowError | undefined> {
  if (expect === undefined) return undefined
  const wanted = typeof expect === 'string' ? expect : 'the schema of the goal'
  const workflow = checkDocument(expect)
  const outcome = await context.call('workflow.run', { workflow, input: { output }, on_fault: 'return' })
  if (memberOf(outcome, 'status') === 'completed') {
    if (memberOf(outcome, 'output') === true) return undefined
    return workflowError('validation', `The outcome is not as expected: ${wanted}`)
  }
  const { detail = '' } = errorIn(outcome)
  return workflowError('validation', `The outcome is not as expected: ${wanted}. ${detail}`.trim())
}

/** What a run of a plan completed. */
async function look(context: ModuleContext, run: string, plan: Plan): Promise<Ran> {
  const tasks = objectsOf(memberOf(await context.call('task_manager.run', { id: run }), 'tasks'))
  const outermost = tasks.filter(
    ({ status, path }) => status === 'completed' && textOf(path).split('/').length === 4,
  )
  return {
    run,
    plan,
    completed: new Set(outermost.map(({ path }) => textOf(path))),
    outputs: Object.fromEntries(outermost.map(({ name, output }) => [textOf(name), output ?? null])),
  }
}

/** The task of the outermost list at which an error stands; of a check, the task that it is of. */
function locate(error: WorkflowError, { workflow }: Plan, capabilities: Json): Failure {
  const [, index] = /^\/do\/(\d+)\//.exec(error.instance ?? '') ?? []
  const list = listOf(workflow['do'])
  const at = index === undefined ? undefined : entryOf(list[Number(index)])
  if (!at) return ofWhole(error)
  const checked = memberOf(at[1]['metadata'], checkOf)
  const [task, definition] = (checked === undefined ? at : entryOf(list[Number(index) - 1])) ?? at
  const { call } = definition
  if (typeof call !== 'string') return { ...ofWhole(error), task }
  const slash = call.indexOf('/')
  const capability = call.slice(slash + 1)
  const served = objectsOf(capabilities).find((each) => each['task'] === capability)?.['module']
  const module = slash === -1 ? textOf(served) : call.slice(0, slash)
  return { error, task, capability, module: module === '' ? undefined : module }
}

function ofWhole(error: WorkflowError): Failure {
  return { error, task: undefined, capability: undefined, module: undefined }
}
