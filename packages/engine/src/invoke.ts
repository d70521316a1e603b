/**
 * Hands a task to the module that provides it, and takes back what it gives.
 */
import { TaskFault, workflowError } from '@nexus/sdk'
import type {
  ChildOutcome,
  ChildTask,
  Json,
  JsonObject,
  ModuleResult,
  SourcePlace,
  TaskRun,
} from '@nexus/sdk'
import { evaluateExpression, evaluateTemplate, isCall, readsRunState, type Task } from '@nexus/workflow'
import { hash } from 'node:crypto'
import { blobsOf } from './blobs.ts'
import type { Capability, InvocationContext } from './capability.ts'
import type { Frame } from './frame.ts'
import { runChild, runList } from './interpreter.ts'
import { handleItem, iteratorAt } from './iterator.ts'
import { joinPath } from './path.ts'
import type { Work } from './primitives.ts'
import type { RunState } from './run_state.ts'

export async function invokeModule(frame: Frame, capability: Capability, attempt: number): Promise<Work> {
  frame.fixedTime = capability.type !== 'orchestrator'
  const context = contextFor(frame, capability, attempt)
  if (frame.readsTime) await frame.run.durable.settle()
  const result = await throughModules(frame, capability, context)
  if (!result.success) {
    throw new TaskFault(
      result.error ?? workflowError('runtime', `${capability.module} failed without saying why.`),
    )
  }
  const { then, left } = result.metadata
  const output = result.outputData
  if (left === true) return { output, left }
  return typeof then === 'string' ? { output, then } : { output }
}

/** A module may hand its task on: the one that it names gets it next, with the output as its input. */
const handedOnMax = 16

async function throughModules(
  frame: Frame,
  first: Capability,
  context: InvocationContext,
): Promise<ModuleResult> {
  let capability = first
  let result = await capability.invoke(context)
  for (let times = 0; result.success && result.nextModule !== undefined; times++) {
    const { nextModule, outputData } = result
    if (times === handedOnMax) throw handedOnTooOften(frame, capability)
    const next = frame.run.services.find(`${nextModule}/${frame.kind}`)
    if (!next) throw nobodyNext(frame, capability, nextModule)
    capability = next
    result = await capability.invoke({ ...context, inputData: outputData })
  }
  return result
}

function handedOnTooOften({ kind }: Frame, { module }: Capability): TaskFault {
  return TaskFault.of(
    'runtime',
    `"${kind}" was handed on from module to module ${handedOnMax} times, last by "${module}": do they hand it to each other without end?`,
  )
}

function nobodyNext({ kind }: Frame, { module }: Capability, next: string): TaskFault {
  return TaskFault.of(
    'configuration',
    `"${module}" hands "${kind}" on to the module "${next}", which is not here or does not provide it. Try: nexus modules list`,
  )
}

function contextFor(frame: Frame, capability: Capability, attempt: number): InvocationContext {
  const { run, parent, path } = frame
  let calls = 0
  return {
    taskId: path,
    inputData: capability.type === 'orchestrator' ? frame.definition : workOf(frame),
    metadata: metadataOf(frame, attempt),
    parentContext: parent?.asParent(),
    run: new FrameRun(frame),
    call: (name, input) => callCapability(frame, name, input, calls++),
    stream: ({ channel, text }) =>
      run.services.stream(run.id, path, { channel, text: run.mask(text) as string }),
    blobs: blobsOf(run, frame.signal),
    signal: frame.signal,
    clock: run.clock,
    idempotencyKey: keyOf(run.id, path),
    disclose: (secrets) => run.disclose(secrets),
    ...(run.isConfidential && { confidential: true, mask: (value) => run.mask(value) }),
  }
}

/** What a module may do in the run that its task belongs to. */
class FrameRun implements TaskRun {
  readonly id: string
  readonly input: Json
  readonly #frame: Frame
  /** What an expression that reads the context or the time gave is recorded, in the order of asking. */
  #evaluations = 0

  constructor(frame: Frame) {
    this.id = frame.run.id
    this.input = frame.input
    this.#frame = frame
  }

  task(child: ChildTask): Promise<ChildOutcome> {
    return runChild(this.#frame, child)
  }

  async list(list: ChildTask): Promise<ChildOutcome> {
    const iterator = iteratorAt(this.#frame, list.at)
    if (!iterator) return runList(this.#frame, list)
    const handled = await handleItem(this.#frame, iterator, { ...list, variables: list.variables ?? {} })
    return { status: 'completed', output: handled.output, then: handled.then }
  }

  async sleep(key: string, delayMs: number): Promise<void> {
    const { run, path, signal } = this.#frame
    await run.durable.sleep(
      joinPath(path, ['sleep', run.mask(key) as string]),
      run.clock.now() + delayMs,
      signal,
    )
  }

  /** With secrets in the run nothing is kept: they would be masked in it. */
  async keep(state: Json): Promise<void> {
    const { run, path } = this.#frame
    if (!run.hasSecrets && !run.hides(state))
      run.durable.keep(joinPath(path, ['state']), [state, this.#evaluations])
  }

  async recall(): Promise<Json | undefined> {
    const { run, path } = this.#frame
    const kept = run.durable.recall(joinPath(path, ['state']))
    if (!Array.isArray(kept)) return undefined
    const [state, evaluations] = kept as [Json, number]
    this.#evaluations = evaluations
    return state
  }

  async evaluate(expression: string, options: { input?: Json; variables?: JsonObject } = {}): Promise<Json> {
    const { input = this.input, variables } = options
    const scope = variables ? this.#frame.derive({ variables }) : this.#frame
    const compute = (): Json => evaluateExpression(expression, input, scope)
    // Only an orchestrator is replayed; what does something is done anew, with other messages than before.
    if (this.#frame.fixedTime || !readsRunState(expression, scope)) return compute()
    const key = `${this.#evaluations++}-${hash('sha256', expression).slice(0, 8)}`
    const { run, path } = this.#frame
    return run.durable.value(joinPath(path, ['evaluate', key]), compute, (value) => !run.hides(value))
  }
}

/** Goes into HTTP headers and environments, so it is ASCII without control characters. */
function keyOf(run: string, path: string): string {
  const key = `${run}:${path}`
  return printable.test(key) ? key : encodeURI(key)
}

const printable = /^[!-~]*$/

function metadataOf(frame: Frame, attempt: number): InvocationContext['metadata'] {
  const { name, kind, reference, run, definition } = frame
  const source = kind === 'run.script' ? sourceOf(run, reference) : undefined
  return {
    name,
    kind,
    reference,
    attempt,
    workflow: run.workflow,
    labels: definition.metadata ?? noLabels,
    ...(source && { source }),
  }
}

function sourceOf({ durable, services }: RunState, reference: string): SourcePlace | undefined {
  const { sources, document } = durable.stored
  return sources?.[reference] ?? services.sourceOf?.(document, reference)
}

const noLabels: JsonObject = Object.freeze({})

/** What a task asks for, evaluated: the `with` of a call, the process of a run. A script's code is never evaluated. */
function workOf(frame: Frame): Json {
  const { definition, input } = frame
  if (isCall(definition, 'asyncapi') && definition.with.subscription) return evaluateSubscription(frame)
  if ('call' in definition) return evaluateTemplate(definition.with ?? {}, input, frame)
  if ('run' in definition) return evaluateRun(definition.run, frame)
  return evaluateTemplate(definition, input, frame)
}

/** What is asked of each message has no value before there is one: whoever consumes them evaluates it. */
function evaluateSubscription(frame: Frame): Json {
  const { subscription, ...rest } = (frame.definition as { with: JsonObject }).with
  const { consume, filter, foreach, ...others } = subscription as JsonObject
  const { while: goesOn, until, ...lifetime } = consume as JsonObject
  const evaluated = evaluateTemplate(rest, frame.input, frame) as JsonObject
  return {
    ...evaluated,
    subscription: {
      ...(evaluateTemplate(others, frame.input, frame) as JsonObject),
      ...(filter !== undefined && { filter }),
      ...(foreach !== undefined && { foreach }),
      consume: {
        ...(evaluateTemplate(lifetime, frame.input, frame) as JsonObject),
        ...(goesOn !== undefined && { while: goesOn }),
        ...(until !== undefined && { until }),
      },
    },
  }
}

function evaluateRun(run: JsonObject, frame: Frame): Json {
  const script = run['script'] as JsonObject | undefined
  if (script === undefined) return evaluateTemplate(run, frame.input, frame)
  const { script: _script, ...rest } = run
  const { code, ...around } = script
  const evaluated = evaluateTemplate(around, frame.input, frame) as JsonObject
  const options = evaluateTemplate(rest, frame.input, frame) as JsonObject
  return { ...options, script: code === undefined ? evaluated : { ...evaluated, code } }
}

/**
 * A capability called by a module is a child task of its own, `…/call/<n>/<name>`, recorded like any other. Its input
 * is data: `${ . }` hands it on as it is, so that nothing in it is ever taken for an expression.
 */
async function callCapability(frame: Frame, name: string, input: Json, index: number): Promise<Json> {
  const definition = { call: { [name]: { call: name, with: '${ . }' } } } as unknown as Task
  const outcome = await runChild(frame.derive({ definition }), {
    at: ['call', name],
    path: ['call', index, name],
    input,
  })
  return outcome.output
}
