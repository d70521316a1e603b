/**
 * A request whose answer is read as a stream, with its authorization, and again where the service asks for another. It
 * follows no redirect. What an authorizer got for it may not stand in an output: see `maskJson`.
 */
import type { Authorizer } from './authentication/authorizer.ts'
import type { HttpRequest } from './request.ts'
import type { StreamedAnswer } from './transport/open_stream.ts'
import type { Transport } from './transport/transport.ts'

export interface OpenOptions {
  readonly transport: Transport
  readonly authorizer: Authorizer
  readonly signal: AbortSignal
}

/** Once, once with the answer to a challenge or a new token, and once more when the challenge was too old. */
const triesMax = 3

export async function openAuthorized(
  request: HttpRequest,
  { transport, authorizer, signal }: OpenOptions,
): Promise<StreamedAnswer> {
  let authorization = await authorizer.first(request)
  for (let tries = 1; ; tries++) {
    const headers = { ...request.headers, ...(authorization !== undefined && { authorization }) }
    const answer = await transport.open({ ...request, headers }, signal)
    if (answer.status !== 401 || tries === triesMax) return answer
    const { status, headers: said } = answer
    const refused = { url: request.url, status, statusText: '', headers: said, body: Buffer.alloc(0) }
    authorization = await authorizer.again(request, refused)
    if (authorization === undefined) return answer
    answer.body.destroy()
  }
}
