/**
 * Work that several callers want at the same time is done once: whoever asks for what is on its way waits for the same.
 * It is given up when nobody waits for it any more. It keeps no outcome.
 */

interface Flight<Value> {
  readonly work: Promise<Value>
  readonly giveUp: AbortController
  waiting: number
}

export class SingleFlight<Value> {
  readonly #flights = new Map<string, Flight<Value>>()

  /** What `begin` gives, or what it gives to those who came before. Rejects with the signal's reason when that aborts. */
  async join(
    key: string,
    signal: AbortSignal,
    begin: (signal: AbortSignal) => Promise<Value>,
  ): Promise<Value> {
    signal.throwIfAborted()
    const flight = this.#flights.get(key) ?? this.#begin(key, begin)
    flight.waiting++
    try {
      return await untilAborted(flight.work, signal)
    } finally {
      flight.waiting--
      if (flight.waiting === 0) this.#end(key, flight)
    }
  }

  #begin(key: string, begin: (signal: AbortSignal) => Promise<Value>): Flight<Value> {
    const giveUp = new AbortController()
    const flight = { work: begin(giveUp.signal), giveUp, waiting: 0 }
    this.#flights.set(key, flight)
    const end = (): void => this.#end(key, flight)
    flight.work.then(end, end)
    return flight
  }

  /** Of what is done already, there is nothing left to give up. */
  #end(key: string, flight: Flight<Value>): void {
    if (this.#flights.get(key) === flight) this.#flights.delete(key)
    flight.giveUp.abort()
  }
}

function untilAborted<Value>(work: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', abort, { once: true })
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort))
  })
}
