/** Sends one request and reads its answer, within a time and a size. It judges no status, and it follows no redirect. */
import { TaskFault, type Clock } from '@nexus/sdk'
import { hostAndPort, nameOf } from './address.ts'
import { connectionFault } from './connection_fault.ts'
import type { HttpRequest } from './request.ts'

export interface SendOptions {
  readonly timeoutMs: number
  readonly responseBytesMax: number
  /** What to do when an answer is larger; by default what helps with answers to a task. */
  readonly largerHint?: string
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
  readonly body: Buffer
}

/** `leftMs` is what others have left of the time. */
export async function send(
  request: HttpRequest,
  options: SendOptions,
  leftMs = options.timeoutMs,
): Promise<Answer> {
  const { clock, signal, timeoutMs } = options
  signal.throwIfAborted()
  const timeUp = new AbortController()
  const stopTimer = clock.timer(leftMs, () => timeUp.abort())
  try {
    return await exchange(request, options, AbortSignal.any([signal, timeUp.signal]))
  } catch (error) {
    signal.throwIfAborted()
    if (timeUp.signal.aborted) throw timeoutFault(request, timeoutMs)
    throw error instanceof TaskFault ? error : connectionFault(request, error)
  } finally {
    stopTimer()
  }
}

async function exchange(
  { method, url, headers, body }: HttpRequest,
  { responseBytesMax, largerHint = 'Ask for less, or raise max_response_mb.' }: SendOptions,
  signal: AbortSignal,
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers,
    redirect: 'manual',
    signal,
    ...(body !== undefined && { body }),
  })
  return {
    url,
    status: response.status,
    statusText: response.statusText,
    headers: Object.fromEntries(joined(response.headers)),
    body: await readBody(
      response,
      responseBytesMax,
      (size) => `${url.host} answers with more than ${size}. ${largerHint}`,
    ),
  }
}

/** Leaving the loop early closes the connection. */
async function readBody(
  { body }: Response,
  bytesMax: number,
  detailOf: (size: string) => string,
): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of body ?? []) {
    sizeBytes += chunk.length
    if (sizeBytes > bytesMax) {
      throw TaskFault.of('communication', detailOf(`${bytesMax / 1_048_576} MB`))
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** A header that comes several times (only `set-cookie` does here) is one, as HTTP joins them. */
function joined(headers: Headers): Map<string, string> {
  const all = new Map<string, string>()
  headers.forEach((value, name) => {
    const before = all.get(name)
    all.set(name, before === undefined ? value : `${before}, ${value}`)
  })
  return all
}

function timeoutFault({ method, url }: HttpRequest, timeoutMs: number): TaskFault {
  const detail = `${method} ${nameOf(url)} was not answered in ${timeoutMs} ms (timeout_ms) by ${hostAndPort(url)}.`
  return TaskFault.of('communication', detail, { status: 504 })
}
