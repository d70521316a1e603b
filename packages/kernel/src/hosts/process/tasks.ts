/**
 * The tasks that one process has under way: sent, aborted, answered, each with an outcome whatever becomes of the
 * process. What modules ask for meanwhile is answered in `answers.ts`.
 */
import {
  isJsonObject,
  TaskFault,
  type Clock,
  type Json,
  type JsonObject,
  type Manifest,
  type ModuleResult,
  type ParentContext,
} from '@nexus/sdk'
import type { InvocationContext } from '../../host.ts'
import { asFault, checkResult, errorOfModule, label } from '../results.ts'
import type { FrameMapper } from '../source_frames.ts'
import { RunningTask } from './answers.ts'
import { ProcessEnded } from './end.ts'
import type { ModuleProcess } from './module_process.ts'
import { MessageTooLong, RemoteError } from './peer.ts'
import { decodeThrown } from './thrown.ts'

export interface TasksOptions {
  readonly manifest: Manifest
  readonly mapFrames: FrameMapper
  readonly clock: Clock
  /** How long a task that is cancelled has before its process is ended. */
  readonly graceMsMax: number
}

export class Tasks {
  readonly #process: ModuleProcess
  readonly #options: TasksOptions
  readonly #running = new Map<number, RunningTask>()

  constructor(process: ModuleProcess, options: TasksOptions) {
    this.#process = process
    this.#options = options
  }

  /** The task that a request or a notification says it belongs to, while that runs. */
  of({ task }: JsonObject): RunningTask | undefined {
    return typeof task === 'number' ? this.#running.get(task) : undefined
  }

  /** As `Instance.execute`. */
  async execute(context: InvocationContext): Promise<ModuleResult> {
    const task = new RunningTask(context)
    const { id, answer } = this.#process.peer.request('execute', wireTask(context))
    this.#running.set(id, task)
    const stopListening = this.#passAbort(id, task)
    try {
      return checkResult(readResult(await answer), this.#options.manifest)
    } catch (error) {
      throw this.#fault(error, task)
    } finally {
      stopListening()
      this.#running.delete(id)
      task.transfers.close(TaskFault.of('runtime', 'The task is over that wrote this blob.'))
    }
  }

  /** Tells the module of the abort, and ends its process where the task goes on all the same. */
  #passAbort(id: number, task: RunningTask): () => void {
    const { clock, graceMsMax } = this.#options
    const { signal, taskId } = task.context
    let stopTimer: (() => void) | undefined
    const abort = (): void => {
      this.#process.peer.notify('abort', { task: id, reason: task.encode(signal.reason) })
      stopTimer = clock.timer(graceMsMax, () =>
        this.#process.end({ kind: 'unstoppable', task: taskId, afterMs: graceMsMax }),
      )
    }
    if (signal.aborted) abort()
    else signal.addEventListener('abort', abort, { once: true })
    return () => {
      signal.removeEventListener('abort', abort)
      stopTimer?.()
    }
  }

  #fault(error: unknown, task: RunningTask): unknown {
    const { manifest, mapFrames } = this.#options
    const { signal } = task.context
    // It was aborted, and ended one way or the other.
    if (error instanceof ProcessEnded && signal.aborted) return signal.reason
    const same = error instanceof RemoteError ? task.thrownAt(error.thrown['ref']) : undefined
    const thrown = same === undefined ? this.#explain(error) : same.thrown
    return asFault(thrown, { manifest, signal, mapFrames })
  }

  #explain(error: unknown): unknown {
    const name = label(this.#options.manifest)
    if (error instanceof ProcessEnded) {
      const why = error.end.kind === 'stopped' ? 'it was stopped.' : error.message
      return errorOfModule(`${name} did not finish this task: ${why}`, { cause: error })
    }
    if (error instanceof MessageTooLong) {
      return TaskFault.of('runtime', `The input for ${name} is ${error.message}. Pass a reference to it.`)
    }
    return decodeThrown(error)
  }
}

function wireTask(context: InvocationContext): JsonObject {
  const { taskId, inputData, parentContext, run, idempotencyKey } = context
  const { source, ...metadata } = context.metadata
  return {
    task_id: taskId,
    input_data: inputData,
    metadata: { ...metadata, ...(source && { source }) },
    ...(parentContext === undefined ? {} : { parent_context: wireParent(parentContext) }),
    run: { id: run.id, input: run.input },
    idempotency_key: idempotencyKey,
  }
}

function wireParent({ taskId, name, kind }: ParentContext): JsonObject {
  return { task_id: taskId, name, kind }
}

/** In the SDK's names; what it is, `checkResult` says. */
function readResult(result: Json): unknown {
  if (!isJsonObject(result)) return result
  const { success, output_data: outputData, error, metadata, next_module: nextModule } = result
  return { success, outputData, error, metadata, nextModule }
}
