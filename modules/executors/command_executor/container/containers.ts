/**
 * `run.container`: creates a container, starts it, waits for its end. The engine's program on the host is only the way to
 * it: whatever cuts a task short ends the container itself. It never joins a container of an earlier attempt, it removes it.
 */
import { TaskFault, type Json, type ModuleContext, type SetupContext } from '@nexus/sdk'
import { processFault, processOutput, ProcessRunner, type ProcessOutcome } from '@nexus/sdk/process'
import { readLimits, readRights } from '../limits.ts'
import { findProgram } from '../program/find.ts'
import { readContainer, type Container } from './container.ts'
import { creation, executionLabel, executionOf, type Execution } from './creation.ts'
import { EngineCommands, isDone } from './engine.ts'
import { engineEnvironment, type Handover } from './environment.ts'
import { creationFault, exitFault, startFault } from './faults.ts'
import { EngineFinder } from './finder.ts'
import { grantVolume } from './grants.ts'
import { Retention } from './retention.ts'

/** How long a program in a container has to end itself before it is killed; `kill_after_ms` where that is less. */
const killAfterMsMax = 250

export class Containers {
  readonly #host: NodeJS.ProcessEnv
  /** Runs what belongs to tasks; stopped first, so that tasks can end their containers by commands. */
  readonly #runner: ProcessRunner
  readonly #commands: EngineCommands
  readonly #finder: EngineFinder
  readonly #retention: Retention
  readonly #running = new Set<Promise<unknown>>()

  constructor({ clock, config }: Pick<SetupContext, 'clock' | 'config'>, host = process.env) {
    this.#host = host
    this.#runner = new ProcessRunner(clock)
    this.#commands = new EngineCommands(clock, host)
    this.#finder = new EngineFinder(this.#commands, clock, config)
    this.#retention = new Retention(this.#commands, clock)
  }

  async unavailable(): Promise<string | undefined> {
    const found = await this.#finder.find()
    return 'why' in found ? found.why : undefined
  }

  /**
   * Runs a container to its end.
   * When Nexus is killed meanwhile the container runs on; the next attempt at the same task removes it and begins anew, so
   * that its program may run twice: it sees NEXUS_IDEMPOTENCY_KEY, the same for both.
   */
  run(context: ModuleContext): Promise<Json> {
    const running = this.#run(context)
    const tracked = running.catch(() => undefined).finally(() => this.#running.delete(tracked))
    this.#running.add(tracked)
    return running
  }

  /** Ends every container of a running task, and then what ends containers. Safe to call twice. */
  async stop(): Promise<void> {
    await this.#runner.stop()
    await Promise.all(this.#running)
    await this.#retention.stop()
    await this.#commands.stop()
  }

  async #run(context: ModuleContext): Promise<Json> {
    const container = readContainer(context.inputData)
    const found = await this.#finder.find()
    context.signal.throwIfAborted()
    if ('why' in found) throw TaskFault.of('configuration', found.why)
    await this.#judge(found.program, context)
    const task = { context, container, program: found.program, execution: executionOf(context) }
    const plan = await this.#plan(task)
    await this.#removeEarlier(task, context.signal)
    void this.#retention.sweep(found.program, context.log)
    const id = await this.#create(task, plan)
    const outcome = await this.#start(task, id)
    if (container.lifetime.cleanup === 'eventually') void this.#retention.sweep(found.program, context.log)
    return outputOf(container, outcome)
  }

  /** A container may run anything, so its engine is a program like others. */
  async #judge(engine: string, { policy: { programs } }: ModuleContext): Promise<void> {
    if (programs.allow === undefined && programs.deny.length === 0) return
    const path = this.#host['PATH'] ?? ''
    await findProgram(engine, { folder: process.cwd(), path, operatorPath: path, programs })
  }

  async #plan({ context, container, execution }: Task): Promise<Handover> {
    const { volumes, portsAddress } = readRights(context.config)
    const { folder } = readLimits(context.config, this.#host)
    const mounts = container.volumes.map((volume) => grantVolume(volume, { allowed: volumes, folder }))
    return creation({
      container,
      execution,
      idempotencyKey: context.idempotencyKey,
      mounts: await Promise.all(mounts),
      portsAddress,
    })
  }

  /** What an attempt before this one left: it was killed with its Nexus, or its container is kept. */
  async #removeEarlier({ program, execution }: Task, signal?: AbortSignal): Promise<void> {
    const filters = [`label=${executionLabel}=${execution.id}`]
    await this.#commands.remove(program, await this.#commands.list(program, filters, signal && { signal }))
  }

  /** Pulls the image where it must, and gives the id of the container. What it leaves when it fails is removed. */
  async #create(task: Task, plan: Handover): Promise<string> {
    try {
      const outcome = await this.#runEngine(task, plan)
      const fault = processFault(`${task.program} create`, outcome)
      if (fault) throw fault
      if (!isDone(outcome)) throw creationFault(refused(task), outcome)
      return idIn(outcome)
    } catch (error) {
      await this.#tidy(task, () => this.#removeEarlier(task))
      throw error
    }
  }

  async #start(task: Task, id: string): Promise<ProcessOutcome> {
    const { program, container } = task
    const input = container.stdin === undefined ? {} : { stdin: container.stdin }
    // No keys detach: podman would look for them in standard input.
    const vector = ['start', '--attach', ...('stdin' in input ? ['--interactive'] : []), '--detach-keys=', id]
    const end = (): Promise<void> => this.#tidy(task, () => this.#end(task, id))
    const running = this.#runEngine(task, { arguments: vector, environment: {}, ...input })
    const outcome = await running.catch(async (error: unknown) => {
      await end()
      throw error
    })
    if (outcome.end.kind !== 'exited') await end()
    const fault = startFault(refused(task), outcome)
    if (!fault) return outcome
    await this.#tidy(task, () => this.#commands.remove(program, [id]))
    throw fault
  }

  /** Kills a container and removes it, or leaves it stopped where its lifetime says that it stays. */
  #end({ program, container }: Task, id: string): Promise<void> {
    if (container.lifetime.cleanup === 'always') return this.#commands.remove(program, [id])
    return this.#commands.kill(program, [id])
  }

  /** What went wrong before is told, not that tidying up went wrong too: that is a warning. */
  async #tidy({ context }: Task, work: () => Promise<void>): Promise<void> {
    await work().catch((error: unknown) => context.log.warn(`A container may be left: ${String(error)}`))
  }

  #runEngine(
    { context, program }: Task,
    { arguments: vector, environment, stdin }: Handover,
  ): Promise<ProcessOutcome> {
    const { timeoutMs, killAfterMs, outputBytesMax, folder } = readLimits(context.config, this.#host)
    const isProgram = vector[0] === 'start'
    return this.#runner.run({
      program,
      arguments: vector,
      folder,
      environment: { ...engineEnvironment(this.#host), ...environment },
      signal: context.signal,
      timeoutMs,
      killAfterMs: Math.min(killAfterMs, killAfterMsMax),
      outputBytesMax,
      ...(stdin !== undefined && { stdin }),
      onOutput(channel, text) {
        if (isProgram) context.stream({ channel, text })
        else if (channel === 'stderr') context.stream({ channel: 'progress', text })
      },
    })
  }
}

interface Task {
  readonly context: ModuleContext
  readonly container: Container
  readonly program: string
  readonly execution: Execution
}

function refused({ program, container, execution }: Task): Parameters<typeof creationFault>[0] {
  return { program, container, name: container.name ?? execution.name }
}

function idIn({ stdout }: ProcessOutcome): string {
  const id = stdout.trim().split('\n').at(-1) ?? ''
  if (/^[\da-f]{12,64}$/.test(id)) return id
  throw TaskFault.of(
    'runtime',
    `The engine created a container, but did not say which: ${JSON.stringify(id)}.`,
  )
}

/** With `return: code` or `all` the exit code is the result, whatever it is; else one that is not 0 faults the task. */
function outputOf({ image, returns }: Container, outcome: ProcessOutcome): Json {
  const fault = processFault('The container', outcome)
  if (fault) throw fault
  if (!isDone(outcome) && returns !== 'code' && returns !== 'all') throw exitFault(image, outcome)
  return processOutput(outcome, returns)
}
