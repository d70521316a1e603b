/**
 * What Node's permission model leaves open, and what becomes of errors that nobody waits for.
 */

/** Signals reach every process of the same user, the host among them; programs that are started are judged elsewhere. */
export function forbidSignals(): void {
  for (const name of ['kill', '_kill', '_debugProcess', '_debugEnd']) {
    Object.defineProperty(process, name, {
      value: () => {
        throw new Error('A module may not send signals to processes.')
      },
      configurable: false,
      writable: false,
    })
  }
}

/** One that nobody handles does not end the process: other tasks are under way in it. */
export function reportRejections(report: (message: string) => void): void {
  process.on('unhandledRejection', (reason) => {
    const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)
    report(`An error came that nothing in the module handles: ${text}`)
  })
}
