/** One request over the pool whose answer is a stream. It judges no status; how much is read is the reader's matter. */
import type { Readable } from 'node:stream'
import type { HttpRequest } from '../request.ts'
import type { Pool } from './pool.ts'

export interface StreamedAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** As it comes; destroying it closes the connection. */
  readonly body: Readable
}

/** Rejects with the error of the client as it is. */
export async function openStream(
  pool: Pool,
  { method, url, headers, body }: HttpRequest,
  signal: AbortSignal,
): Promise<StreamedAnswer> {
  if (body !== undefined && typeof body !== 'string')
    throw new TypeError('A streamed request has a text for its body.')
  const agent = await pool.agent()
  const answer = await agent.request({
    origin: url.origin,
    path: url.pathname + url.search,
    method,
    headers: { accept: '*/*', 'user-agent': 'nexus', ...headers },
    body: body ?? null,
    signal,
    // Events may be far apart.
    bodyTimeout: 0,
  })
  answer.body.on('error', () => undefined)
  return { status: answer.statusCode, headers: joined(answer.headers), body: answer.body }
}

function joined(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const all: Record<string, string> = {}
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) all[name] = typeof value === 'string' ? value : value.join(', ')
  }
  return all
}
