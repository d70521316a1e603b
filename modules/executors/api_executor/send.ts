/** Sends a request and reads the answer, within a time and a size. It judges no status. */
import { TaskFault, type Clock } from '@nexus/sdk'
import { connectionFault } from './connection_fault.ts'
import type { HttpRequest } from './request.ts'

export interface SendOptions {
  readonly timeoutMs: number
  readonly responseBytesMax: number
  readonly clock: Clock
  /** Ends the call; `send` then rejects with its reason. */
  readonly signal: AbortSignal
}

export interface Answer {
  /** Where it came from, after redirects. */
  readonly url: URL
  readonly status: number
  readonly statusText: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

export async function send(request: HttpRequest, options: SendOptions): Promise<Answer> {
  const { clock, signal, timeoutMs } = options
  signal.throwIfAborted()
  const timeUp = new AbortController()
  const stopTimer = clock.timer(timeoutMs, () => timeUp.abort())
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
  { method, url, headers, body, followsRedirects }: HttpRequest,
  { responseBytesMax }: SendOptions,
  signal: AbortSignal,
): Promise<Answer> {
  const redirect = followsRedirects ? 'follow' : 'manual'
  const response = await fetch(url, {
    method,
    headers,
    redirect,
    signal,
    ...(body !== undefined && { body }),
  })
  return {
    url: new URL(response.url || url),
    status: response.status,
    statusText: response.statusText,
    headers: Object.fromEntries(joined(response.headers)),
    body: await readBody(response, responseBytesMax, url),
  }
}

/** Leaving the loop early closes the connection. */
async function readBody({ body }: Response, bytesMax: number, url: URL): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of body ?? []) {
    sizeBytes += chunk.length
    if (sizeBytes > bytesMax) {
      const detail = `${url.host} answers with more than ${bytesMax / 1_048_576} MB. Ask for less, or raise max_response_mb.`
      throw TaskFault.of('communication', detail)
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
  const detail = `${method} ${url.origin}${url.pathname} was not answered in ${timeoutMs} ms (timeout_ms) by ${address(url)}.`
  return TaskFault.of('communication', detail, { status: 504 })
}

/** Host and port, also where the port is the usual one. */
export function address(url: URL): string {
  return `${url.hostname}:${url.port || (url.protocol === 'https:' ? '443' : '80')}`
}
