/** How one call shows who it is. It lives for that call; nonces and tokens, which outlive it, are the authenticator's. */
import type { HttpRequest } from '../request.ts'
import type { Answer } from '../send.ts'

export interface Authorizer {
  /** The header of the first try of a request; undefined where only a challenge tells what to send. */
  first(request: HttpRequest): Promise<string | undefined>
  /** The header of another try after a 401; undefined where that answer stands. */
  again(request: HttpRequest, answer: Answer): Promise<string | undefined>
  /** Tokens that were got for this call. Nobody outside knows them, and no answer may give them away. */
  readonly tokens: readonly string[]
}

/** Always the same header, or none. */
export function constantly(header: string | undefined): Authorizer {
  return { first: async () => header, again: async () => undefined, tokens: [] }
}
