/** Sends one request and reads its answer, within a time and a size. It judges no status, and it follows no redirect. */
import { TaskFault, type BlobReference, type Blobs, type Clock } from '@nexus/sdk'
import { hostAndPort, nameOf } from './address.ts'
import type { HttpRequest } from './request.ts'
import { Deadline } from './transport/deadline.ts'
import type { Overflow } from './transport/receive.ts'
import type { Transport } from './transport/transport.ts'

export interface SendOptions {
  readonly transport: Transport
  readonly timeoutMs: number
  readonly responseBytesMax: number
  /** What to do when an answer is larger; by default what helps with answers to a task. */
  readonly largerHint?: string
  /** Where a larger answer goes; by default it is a fault. */
  readonly overflow?: Overflow | undefined
  readonly blobs?: Blobs | undefined
  readonly clock: Clock
  /** Ends the call; `send` then rejects with its reason. */
  readonly signal: AbortSignal
}

export interface Answer {
  /** Where it came from; of a delivered request, after redirects. */
  readonly url: URL
  readonly status: number
  readonly statusText: string
  readonly headers: Readonly<Record<string, string>>
  /** Empty where it is in a blob. */
  readonly body: Buffer
  readonly blob?: BlobReference
}

const largerHint =
  'Ask for less, raise max_response_mb, or let such answers go to the blob store (response_overflow: blob).'

/** `leftMs` is what others have left of the time. */
export async function send(
  request: HttpRequest,
  options: SendOptions,
  leftMs = options.timeoutMs,
): Promise<Answer> {
  const { transport, clock, signal, responseBytesMax, overflow, blobs } = options
  signal.throwIfAborted()
  const fault = (): TaskFault => timeoutFault(request, options.timeoutMs)
  const deadline = new Deadline(signal, { clock, leftMs, fault })
  const hint = options.largerHint ?? largerHint
  try {
    const limits = { clock, deadline, responseBytesMax, largerHint: hint, overflow, blobs }
    return await transport.send(request, limits)
  } finally {
    deadline.stop()
  }
}

function timeoutFault({ method, url }: HttpRequest, timeoutMs: number): TaskFault {
  const detail = `${method} ${nameOf(url)} was not answered in ${timeoutMs} ms (timeout_ms) by ${hostAndPort(url)}.`
  return TaskFault.of('communication', detail, { status: 504 })
}
