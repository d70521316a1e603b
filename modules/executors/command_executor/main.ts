/**
 * `run.command` runs a program with its arguments (`program/`), `run.shell` a command in the system's shell, and each
 * gives what it wrote. A command is as mighty as the user that
 * runs Nexus; what is bounded here are its environment, its time and its output. Nothing of it runs on when its task
 * is over, was cancelled, or when the host died. `run.container` is the folder `container`; it is handed on from here.
 */
import {
  ExecutorModule,
  isJsonObject,
  ModuleResult,
  openPolicy,
  TaskFault,
  type Json,
  type ModuleContext,
  type SetupContext,
} from '@nexus/sdk'
import {
  lastLines,
  processFault,
  processOutput,
  ProcessRunner,
  type ProcessOptions,
  type ProcessOutcome,
} from '@nexus/sdk/process'
import { readCommand, type Command } from './command.ts'
import { Containers } from './container/containers.ts'
import { layersHere } from './doctor.ts'
import { readLimits } from './limits.ts'
import { leftOut, OutputKeeper, type KeptOutput } from './overflow.ts'
import { judgeShell, missingCommand, shellInvocation } from './shell.ts'
import { runProgram } from './program/run.ts'

const kinds = new Set(['run.shell', 'run.command', 'run.container', 'command_executor.doctor'])

export class Module extends ExecutorModule {
  #runner: ProcessRunner | undefined
  #containers: Containers | undefined
  #programs = openPolicy.programs

  override async setup(context: SetupContext): Promise<void> {
    const runner = new ProcessRunner(context.clock)
    this.#runner = runner
    this.#programs = context.policy.programs
    context.onTeardown('running commands', () => runner.stop())
    const containers = new Containers(context)
    this.#containers = containers
    context.onTeardown('running containers', () => containers.stop())
  }

  override canExecute(kind: string): boolean {
    return kinds.has(kind)
  }

  override async unavailable(task: string): Promise<string | undefined> {
    if (task === 'run.shell') return whyNot(judgeShell(this.#programs))
    return task === 'run.container' ? this.#containers?.unavailable() : undefined
  }

  override async executeTask(context: ModuleContext): Promise<ModuleResult> {
    if (context.metadata.kind === 'command_executor.doctor') return ModuleResult.ok(layersHere())
    if (context.metadata.kind === 'run.container') return ModuleResult.ok(await this.#runContainer(context))
    if (context.metadata.kind === 'run.command')
      return ModuleResult.ok(await runProgram(this.#started, context))
    return ModuleResult.ok(await this.#runShell(context))
  }

  async #runShell(context: ModuleContext): Promise<Json> {
    const command = readCommand(context.inputData)
    await judgeShell(context.policy.programs)
    const { overflow, blobBytesMax } = readLimits(context.config)
    const options = processOptions(context, command)
    if (!command.isAwaited) {
      // Nobody reads what it writes: of too much nothing is kept, and it goes on.
      this.#leaveRunning(context, command, { ...options, overflow: overflow === 'fault' ? 'end' : 'drop' })
      return context.run.input
    }
    const keeper = new OutputKeeper(overflow, context.blobs, blobBytesMax)
    const outcome = await this.#run({ ...options, overflow: keeper.overflow })
    return outputOf(command, outcome, await keeper.kept(outcome))
  }

  override async teardown(): Promise<void> {
    await this.#containers?.stop()
    await this.#runner?.stop()
  }

  #runContainer(context: ModuleContext): Promise<Json> {
    if (!this.#containers) throw new Error('command_executor was not set up.')
    return this.#containers.run(context)
  }

  get #started(): ProcessRunner {
    if (!this.#runner) throw new Error('command_executor was not set up.')
    return this.#runner
  }

  async #run(options: ProcessOptions): Promise<ProcessOutcome> {
    try {
      return await this.#started.run(options)
    } catch (error) {
      throw startFault(error, options)
    }
  }

  /** `await: false`: the command goes on after its task, until it ends, its time is up or the module is torn down. */
  #leaveRunning(context: ModuleContext, command: Command, options: ProcessOptions): void {
    const { signal } = new AbortController()
    const { onOutput: _untold, ...untold } = options
    this.#run({ ...untold, signal }).then(
      (outcome) => context.log.debug('A command that nobody awaits has ended.', { ...outcome.end }),
      (error: unknown) => context.log.warn(`A command that nobody awaits failed: ${String(error)}`),
    )
    context.log.debug(`"${command.text}" goes on without its task.`)
  }
}

function processOptions(context: ModuleContext, command: Command): ProcessOptions {
  const { environment, folder, timeoutMs, killAfterMs, outputBytesMax } = readLimits(context.config)
  return {
    ...shellInvocation(command),
    timeoutMs,
    killAfterMs,
    outputBytesMax,
    endsEscaped: true,
    folder,
    environment: { ...environment, NEXUS_IDEMPOTENCY_KEY: context.idempotencyKey, ...command.environment },
    ...(command.stdin !== undefined && { stdin: command.stdin }),
    signal: context.signal,
    onOutput: (channel, text) => context.stream({ channel, text }),
  }
}

/** The system could not start the shell: in practice the working folder is not there. */
function startFault(error: unknown, { program, folder }: ProcessOptions): unknown {
  const isSpawn = error instanceof Error && 'syscall' in error && String(error.syscall).startsWith('spawn')
  if (!isSpawn) return error
  const detail = `Cannot run ${program} in ${folder}: ${error.message}. Does that folder (working_directory) exist?`
  return TaskFault.of('configuration', detail, { cause: error })
}

async function whyNot(judged: Promise<void>): Promise<string | undefined> {
  return judged.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  )
}

/** With `return: code` or `all` the exit code is the result, whatever it is; else one that is not 0 faults the task. */
function outputOf({ returns }: Command, outcome: ProcessOutcome, kept: KeptOutput): Json {
  const fault = processFault('The command', outcome)
  if (fault) throw fault
  const isFailed = outcome.end.kind === 'exited' && outcome.end.code !== 0
  if (isFailed && returns !== 'code' && returns !== 'all') throw exitFault(outcome)
  if (returns === 'stdout' || returns === 'stderr') return kept[returns] ?? outcome[returns]
  const output = processOutput(outcome, returns)
  return isJsonObject(output) ? { ...output, ...leftOut(kept, outcome) } : output
}

function exitFault({ end, stderr }: ProcessOutcome): TaskFault {
  const code = end.kind === 'exited' ? end.code : 1
  const missing = code === 127 ? missingCommand(stderr) : undefined
  if (missing !== undefined) {
    return TaskFault.of(
      'runtime',
      `Command "${missing}" was not found (exit code 127). Is it installed, and on the PATH?${lastLines(stderr)}`,
    )
  }
  return TaskFault.of('runtime', `The command ended with exit code ${code}.${lastLines(stderr)}`)
}
