/**
 * `run.script` and `code.run`: run JavaScript and Python that nobody has vetted, each script in a sandbox, and give what
 * it wrote, its value or its exit code. Nothing of a script runs on when its task is over, was cancelled, or when the
 * host died; without a box that holds, none runs at all.
 */
import {
  ExecutorModule,
  ModuleResult,
  TaskFault,
  type Json,
  type JsonObject,
  type ModuleContext,
  type SetupContext,
} from '@nexus/sdk'
import { Watchdog } from '@nexus/sdk/process'
import { makeBoxes, type Boxes } from './boxes.ts'
import { readCall, readInput, readProfile, type CodeCall } from './call.ts'
import { Network } from './network.ts'
import { callOutput, scriptOutput, type TellPlace } from './outcome.ts'
import { codeNameOf, placeTold, sourceOf } from './place.ts'
import type { Script, ScriptLimits, ScriptOptions, ScriptOutcome } from './sandbox.ts'
import { readScript, type ScriptTask } from './script.ts'
import { readLimits } from './settings.ts'
import { loadCode, type SourceOptions } from './source.ts'

const kinds = new Set(['run.script', 'code.run', 'code_executor.doctor'])

export class Module extends ExecutorModule {
  #boxes: Boxes | undefined
  #network: Network | undefined
  /** Ends scripts that nobody awaits, and all others. */
  readonly #stop = new AbortController()
  readonly #left = new Set<Promise<unknown>>()
  #watchdog: Watchdog | undefined

  override async setup(context: SetupContext): Promise<void> {
    const { clock, config, policy } = context
    this.#watchdog = new Watchdog()
    this.#network = new Network(textsOf(config['network_allow']), clock, policy)
    this.#boxes = makeBoxes({ clock, watchdog: this.#watchdog, network: this.#network }, config)
    context.onTeardown('running scripts', () => this.#release())
  }

  override canExecute(kind: string): boolean {
    return kinds.has(kind)
  }

  override async executeTask(context: ModuleContext): Promise<ModuleResult> {
    if (context.metadata.kind === 'code_executor.doctor')
      return ModuleResult.ok({ boxes: await this.#ready().boxes.doctor() })
    if (context.metadata.kind === 'code.run') return this.#call(context)
    const task = readScript(context.inputData)
    const limits = readLimits(context.config)
    if (!task.isAwaited) {
      this.#leaveRunning(context, task, limits)
      return ModuleResult.ok(context.run.input)
    }
    const outcome = await this.#run(context, task, this.#options(context, limits))
    return ModuleResult.ok(scriptOutput(task.returns, outcome, tellFor(context, task)))
  }

  /** Only where no language can be contained; which one a task speaks is not known yet. */
  override async unavailable(task: string): Promise<string | undefined> {
    if (task === 'code_executor.doctor') return undefined
    const { boxes } = this.#ready()
    const reasons: string[] = []
    for (const language of ['javascript', 'python'] as const) {
      const reason = await boxes.of(language).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      )
      if (reason === undefined) return undefined
      reasons.push(reason)
    }
    return reasons.join(' ')
  }

  override async teardown(): Promise<void> {
    await this.#release()
  }

  async #release(): Promise<void> {
    this.#stop.abort(TaskFault.of('runtime', 'The module that ran this script was stopped.'))
    await this.#boxes?.stop()
    await Promise.all(this.#left)
    await this.#network?.stop()
    await this.#watchdog?.stop()
  }

  #ready(): { boxes: Boxes; network: Network } {
    if (!this.#boxes || !this.#network) throw new Error('code_executor was not set up.')
    return { boxes: this.#boxes, network: this.#network }
  }

  #options(context: ModuleContext, limits: ScriptLimits): ScriptOptions {
    return {
      limits,
      signal: AbortSignal.any([context.signal, this.#stop.signal]),
      onOutput: (channel, text) => context.stream({ channel, text }),
    }
  }

  async #run(context: ModuleContext, task: ScriptTask, options: ScriptOptions): Promise<ScriptOutcome> {
    const code = await loadCode(task.code, sourceOptions(context, options.signal))
    const profile = readProfile(context.metadata.labels['sandbox'], 'the label `sandbox`')
    const box = await this.#ready().boxes.of(task.language, profile)
    const place = codeNameOf(sourceOf(task.code, context.metadata.source))
    const environment = withKey(context, task)
    return box.run({ ...task.script, ...plainScript, code, environment, ...(place && { place }) }, options)
  }

  /** `await: false`: the script goes on after its task, until it ends, its time is up or the module is torn down. */
  #leaveRunning(context: ModuleContext, task: ScriptTask, limits: ScriptLimits): void {
    const running = this.#run(context, task, { limits, signal: this.#stop.signal }).then(
      (outcome) => context.log.debug('A script that nobody awaits has ended.', { ...outcome.end }),
      (error: unknown) => context.log.warn(`A script that nobody awaits failed: ${String(error)}`),
    )
    this.#left.add(running)
    void running.finally(() => this.#left.delete(running))
  }

  async #call(context: ModuleContext): Promise<ModuleResult> {
    const { boxes, network } = this.#ready()
    const call = readCall(context.inputData, readLimits(context.config))
    const granted = network.check(call.network)
    const options = this.#options(context, call.limits)
    const code = await loadCode(call.code, sourceOptions(context, options.signal))
    const box = await boxes.of(call.language, call.profile)
    const files = await readInputs(call, textsOf(context.config['input_folders']))
    const place = codeNameOf(sourceOf(call.code, undefined))
    const script: Script = {
      ...call.script,
      ...(place && { place }),
      code,
      environment: withKey(context, call),
      wantsValue: true,
      inputs: files,
      outputs: call.outputs,
      network: granted,
    }
    return ModuleResult.ok(callOutput(await box.run(script, options), tellFor(context, call)))
  }
}

/** What `run.script` of the specification has not. */
const plainScript = {
  wantsValue: false,
  inputs: new Map<string, Uint8Array>(),
  outputs: [],
  network: [],
} as const

function sourceOptions({ policy, config }: ModuleContext, signal: AbortSignal): SourceOptions {
  return { policy, folders: textsOf(config['input_folders']), signal }
}

function tellFor({ metadata }: ModuleContext, { code }: Pick<ScriptTask, 'code'>): TellPlace {
  const source = sourceOf(code, metadata.source)
  return (at) => placeTold(at, metadata.name, source)
}

function withKey(
  context: ModuleContext,
  { script }: Pick<ScriptTask, 'script'>,
): Readonly<Record<string, string>> {
  return { NEXUS_IDEMPOTENCY_KEY: context.idempotencyKey, ...script.environment }
}

/** All of them together may be as large as the script's folder. */
async function readInputs(
  call: CodeCall,
  folders: readonly string[],
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>()
  let sizeBytes = 0
  for (const { name, content } of call.inputs) {
    const bytes = await readInput(content, { folders, bytesMax: call.limits.scratchBytes })
    sizeBytes += bytes.length
    if (sizeBytes > call.limits.scratchBytes)
      throw TaskFault.of(
        'validation',
        'code.run: inputs are larger than the script’s folder may be (scratch_mb).',
      )
    files.set(name, bytes)
  }
  return files
}

function textsOf(value: JsonObject[string] | undefined): string[] {
  return Array.isArray(value) ? value.filter((one: Json) => typeof one === 'string') : []
}
