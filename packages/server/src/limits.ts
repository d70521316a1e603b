/**
 * How much of everything the server takes. Tests hand in smaller ones.
 */

export interface Limits {
  /** The longest body of a request; larger data belongs where a task fetches it. */
  readonly bodyBytesMax: number
  /** How long a request may take to arrive. */
  readonly requestMsMax: number
  /** How often it is looked for requests that take too long. */
  readonly requestCheckMs: number
  /** How long what was asked for may take to be answered once the server stops. */
  readonly drainMsMax: number
  /** Streams of events that are open at once. */
  readonly streamsMax: number
  /** How often a stream says that it is still there. */
  readonly keepAliveMs: number
}

export const defaultLimits: Limits = {
  bodyBytesMax: 8 * 1024 * 1024,
  requestMsMax: 30_000,
  requestCheckMs: 5_000,
  drainMsMax: 10_000,
  streamsMax: 1_000,
  keepAliveMs: 15_000,
}
