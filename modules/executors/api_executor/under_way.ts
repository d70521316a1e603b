/**
 * The calls that are under way: each ends by its own signal, and all of them with the module. It is what
 * `AbortSignal.any` would be, which costs a call more than all else that is done for it here.
 */

export class UnderWay {
  readonly #calls = new Set<AbortController>()
  #reason: Error | undefined

  /** Does the work with a signal that aborts by `signal`, or when all are ended. */
  async run<Outcome>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<Outcome>): Promise<Outcome> {
    signal.throwIfAborted()
    if (this.#reason) throw this.#reason
    const call = new AbortController()
    const abort = (): void => call.abort(signal.reason)
    signal.addEventListener('abort', abort, { once: true })
    this.#calls.add(call)
    try {
      return await work(call.signal)
    } finally {
      this.#calls.delete(call)
      signal.removeEventListener('abort', abort)
    }
  }

  /** Ends all, and every one that comes later. Safe to call twice. */
  end(reason: Error): void {
    this.#reason ??= reason
    for (const call of this.#calls) call.abort(this.#reason)
  }
}
