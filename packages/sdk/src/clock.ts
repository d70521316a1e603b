/**
 * Time and chance, handed in. This is the only file that reads the host's clock or its randomness;
 * everyone else is given a `Clock`, so that tests can fake it.
 */

export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number
  /** Milliseconds of a clock that never goes back, for durations. */
  elapsed(): number
  /** Resolves after `delayMs`; rejects with the signal's reason when that aborts first. No timer outlives the wait. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
  /** Calls `callback` after `delayMs`; the function that comes back calls it off. */
  timer(delayMs: number, callback: () => void): () => void
  /** A number in [0, 1). */
  random(): number
}

/** The longest delay a host timer takes (2³¹ − 1 ms, about 24.8 days); longer ones are waited for in pieces. */
const timerMsMax = 2_147_483_647

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  random: () => Math.random(),
  timer(delayMs, callback) {
    let handle: ReturnType<typeof setTimeout>
    const arm = (leftMs: number): void => {
      const pieceMs = Math.min(leftMs, timerMsMax)
      handle = setTimeout(() => (leftMs > pieceMs ? arm(leftMs - pieceMs) : callback()), pieceMs)
    }
    arm(Math.max(0, delayMs))
    return () => clearTimeout(handle)
  },
  sleep(delayMs, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error)
      const abort = (): void => {
        stop()
        reject(signal?.reason as Error)
      }
      const stop = systemClock.timer(delayMs, () => {
        signal?.removeEventListener('abort', abort)
        resolve()
      })
      signal?.addEventListener('abort', abort, { once: true })
    })
  },
}

/** A host's timers stand still while the machine sleeps: the time is looked at again after so long. */
const pieceMsMax = 30_000

/** Waits until a moment (milliseconds since the Unix epoch), never less. Rejects with the signal's reason. */
export async function sleepUntil(clock: Clock, untilMs: number, signal?: AbortSignal): Promise<void> {
  let leftMs = untilMs - clock.now()
  do {
    await clock.sleep(Math.min(leftMs, pieceMsMax), signal)
    leftMs = untilMs - clock.now()
  } while (leftMs > 0)
}
