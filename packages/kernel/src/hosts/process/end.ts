/**
 * How a module's process ended, and the sentence for it. Every request that was under way then is rejected with
 * `ProcessEnded`.
 */
export type ProcessEnd =
  | { readonly kind: 'not_started'; readonly why: string }
  | { readonly kind: 'exited'; readonly code: number }
  /** By a signal that the host did not send. */
  | { readonly kind: 'killed'; readonly signal: NodeJS.Signals }
  /** By itself, since there is no more memory that it may take. */
  | { readonly kind: 'out_of_memory'; readonly limitMb: number }
  /** The rest are ends that the host brought about. */
  | { readonly kind: 'stopped' }
  | { readonly kind: 'silent'; readonly afterMs: number }
  | { readonly kind: 'other_protocol'; readonly theirs: unknown; readonly ours: number }
  | { readonly kind: 'broken'; readonly sent: string }
  | { readonly kind: 'unstoppable'; readonly task: string; readonly afterMs: number }
  | { readonly kind: 'too_large'; readonly bytes: number; readonly limitMb: number }

/** Follows `Module "x" 1.0.0: `. */
export function describeEnd(end: ProcessEnd): string {
  switch (end.kind) {
    case 'not_started':
      return `its process could not be started: ${end.why}.`
    case 'exited':
      return `its process ended with exit code ${end.code}.`
    case 'killed':
      return `its process was killed by ${end.signal}.`
    case 'out_of_memory':
      return `its process ran out of memory. Its limit is ${end.limitMb} MB: requirements.memory_mb in its manifest raises it.`
    case 'stopped':
      return 'its process was stopped.'
    case 'silent':
      return `its process did not answer within ${end.afterMs} ms and was ended.`
    case 'other_protocol':
      return `its process speaks version ${JSON.stringify(end.theirs)} of the host's protocol, and ${end.ours} is needed. Update Nexus as a whole.`
    case 'broken':
      return `its process sent ${end.sent}, and was ended.`
    case 'unstoppable':
      return `its process was ended, since task ${end.task} did not stop within ${end.afterMs} ms of its cancellation.`
    case 'too_large':
      return `its process took ${Math.round(end.bytes / 1_048_576)} MB and was ended. Its limit is ${end.limitMb} MB above what an empty one takes: requirements.memory_mb.`
  }
}

export class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded'
  readonly end: ProcessEnd

  /** `last`: what the process printed last, on standard error. */
  constructor(end: ProcessEnd, last = '') {
    super(describeEnd(end) + (last === '' ? '' : ` It printed last:\n${last}`))
    this.end = end
  }
}
