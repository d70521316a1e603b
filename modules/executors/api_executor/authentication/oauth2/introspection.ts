/** Asks an authority who issued a token that does not say it itself (RFC 7662). */
import { TaskFault, type JsonObject } from '@nexus/sdk'
import { nameOf } from '../../address.ts'
import { formEncoding, requestOf, type Asking } from './asking.ts'
import { ask, type Reach } from './endpoint_request.ts'
import type { Parameters } from './grant.ts'

/** What the authority says of a token that it knows. */
export async function introspect(
  asking: Asking,
  { url, accessToken }: { url: URL; accessToken: string },
  options: Reach,
): Promise<JsonObject> {
  const parameters: Parameters = [['token', accessToken]]
  const request = requestOf(asking, { url, parameters, encoding: formEncoding }, options.clock)
  const described = await ask(request, options).catch(explain)
  if (described['active'] === true) return described
  const giver = nameOf(asking.endpoints.token)
  throw TaskFault.of('authentication', `${nameOf(url)} does not know the token that ${giver} gave.`)
}

/** No task asked for this, so that its fault says why it was needed. */
function explain(error: unknown): never {
  if (!(error instanceof TaskFault)) throw error
  const why = 'It was asked since `issuers` are named, and the token does not say who issued it.'
  throw new TaskFault({ ...error.error, detail: `${error.message} ${why}` }, { cause: error })
}
