/** Tasks that a test ends by hand, and what a fault is. */
import { TaskFault, type ChildTask } from '@nexus/sdk'
import type { TestTask } from '@nexus/sdk/testing'

export const fails =
  (detail: string): TestTask =>
  () =>
    Promise.reject(TaskFault.of('runtime', detail))

/** Runs until it is aborted, and then takes a while to be gone. */
export function endless() {
  const state = { started: false, gone: false }
  const task: TestTask = async (_input, { signal }: ChildTask) => {
    state.started = true
    const reason = await new Promise((resolve) => {
      signal?.addEventListener('abort', () => resolve(signal.reason), { once: true })
    })
    await nextTurn()
    state.gone = true
    throw reason
  }
  return { state, task }
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve))
}
