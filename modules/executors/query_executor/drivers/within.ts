/** Waits for something for so long, and no longer. */
import type { Clock } from '@nexus/sdk'

export async function within(clock: Clock, delayMs: number, work: Promise<unknown>): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const stopTimer = clock.timer(delayMs, resolve)
  work.then(
    () => resolve(),
    () => resolve(),
  )
  await promise
  stopTimer()
}
