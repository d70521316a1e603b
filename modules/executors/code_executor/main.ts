/**
 * `run.script`: runs JavaScript and Python, each script in a fresh process of a sandbox. It gives what the script wrote
 * or its exit code. Nothing of a script runs on when its task is over, was cancelled, or when the host died.
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
import { lastLines, processFault, processOutput, ProcessRunner } from '@nexus/sdk/process'
import { makeBoxes, type Boxes } from './boxes.ts'
import type { ScriptOptions, ScriptOutcome } from './sandbox.ts'
import { readScript, type ScriptTask } from './script.ts'
import { loadCode } from './source.ts'

/** The manifest's defaults, for a host that fills in none. */
const timeoutMsDefault = 600_000
const killAfterMsDefault = 2000
const outputMbDefault = 64

export class Module extends ExecutorModule {
  #runner: ProcessRunner | undefined
  #boxes: Boxes | undefined

  override async setup(context: SetupContext): Promise<void> {
    const runner = new ProcessRunner(context.clock)
    this.#runner = runner
    this.#boxes = makeBoxes(runner, context.config)
    context.onTeardown('running scripts', () => runner.stop())
  }

  override canExecute(kind: string): boolean {
    return kind === 'run.script'
  }

  override async executeTask(context: ModuleContext): Promise<ModuleResult> {
    const task = readScript(context.inputData)
    const limits = readLimits(context.config)
    if (!task.isAwaited) {
      this.#leaveRunning(context, task, limits)
      return ModuleResult.ok(context.run.input)
    }
    const outcome = await this.#run(context, task, {
      ...limits,
      signal: context.signal,
      onOutput: (channel, text) => context.stream({ channel, text }),
    })
    return ModuleResult.ok(outputOf(task, outcome))
  }

  override async teardown(): Promise<void> {
    await this.#runner?.stop()
  }

  async #run(context: ModuleContext, task: ScriptTask, options: ScriptOptions): Promise<ScriptOutcome> {
    if (!this.#boxes) throw new Error('code_executor was not set up.')
    const code = await loadCode(task.code, options.signal)
    const box = await this.#boxes.of(task.language)
    const environment = { NEXUS_IDEMPOTENCY_KEY: context.idempotencyKey, ...task.script.environment }
    return box.run({ ...task.script, environment, code }, options)
  }

  /** `await: false`: the script goes on after its task, until it ends, its time is up or the module is torn down. */
  #leaveRunning(context: ModuleContext, task: ScriptTask, limits: Limits): void {
    const { signal } = new AbortController()
    this.#run(context, task, { ...limits, signal }).then(
      (outcome) => context.log.debug('A script that nobody awaits has ended.', { ...outcome.end }),
      (error: unknown) => context.log.warn(`A script that nobody awaits failed: ${String(error)}`),
    )
  }
}

type Limits = Pick<ScriptOptions, 'timeoutMs' | 'killAfterMs' | 'outputBytesMax'>

function readLimits(config: JsonObject): Limits {
  return {
    timeoutMs: Number(config['timeout_ms'] ?? timeoutMsDefault),
    killAfterMs: Number(config['kill_after_ms'] ?? killAfterMsDefault),
    outputBytesMax: Math.ceil(Number(config['max_output_mb'] ?? outputMbDefault) * 1_048_576),
  }
}

/** With `return: code` or `all` the exit code is the result, whatever it is; else one that is not 0 faults the task. */
function outputOf({ returns }: ScriptTask, outcome: ScriptOutcome): Json {
  const fault = processFault('The script', outcome)
  if (fault) throw fault
  const isFailed = outcome.end.kind === 'exited' && outcome.end.code !== 0
  if (isFailed && returns !== 'code' && returns !== 'all') throw scriptFault(outcome)
  return processOutput(outcome, returns)
}

function scriptFault({ end, error, stderr }: ScriptOutcome): TaskFault {
  if (error) {
    const where = error.line === undefined ? '' : ` at line ${error.line}`
    return TaskFault.of('runtime', `The script failed${where}: ${error.message}.${lastLines(stderr)}`)
  }
  const code = end.kind === 'exited' ? end.code : 1
  return TaskFault.of('runtime', `The script ended with exit code ${code}.${lastLines(stderr)}`)
}
