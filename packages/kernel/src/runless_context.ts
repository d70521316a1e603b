/**
 * What a module is invoked with where no run stands behind the task: it gets its input and a signal, and whatever would
 * need a run is refused.
 */
import { TaskFault, type Clock, type Json } from '@nexus/sdk'
import type { InvocationContext } from './host.ts'

export interface RunlessTask {
  /** The capability. */
  readonly kind: string
  readonly input: Json
  /** What the module is told of the workflow: who asks. */
  readonly asker: string
  /** The sentence with which what needs a run is refused. */
  readonly refusal: string
  readonly idempotencyKey: string
  readonly signal: AbortSignal
  readonly clock: Clock
}

export function runlessContext(task: RunlessTask): InvocationContext {
  const { kind, input, asker, refusal, idempotencyKey, signal, clock } = task
  const refused = (): Promise<never> => Promise.reject(TaskFault.of('configuration', refusal))
  return {
    taskId: `/${asker}/${kind}`,
    inputData: input,
    metadata: {
      name: asker,
      kind,
      reference: '',
      attempt: 1,
      workflow: { namespace: 'nexus', name: asker, version: '1.0.0' },
      labels: {},
    },
    parentContext: undefined,
    run: {
      id: '',
      input: null,
      task: refused,
      list: refused,
      sleep: refused,
      keep: refused,
      recall: refused,
      evaluate: refused,
    },
    call: refused,
    stream() {},
    blobs: {
      write: refused,
      // oxlint-disable-next-line require-yield -- it never has a piece to give
      async *read() {
        await refused()
      },
    },
    signal,
    clock,
    idempotencyKey,
  }
}
