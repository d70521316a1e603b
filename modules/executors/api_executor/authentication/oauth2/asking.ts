/** A policy and its endpoints, and what the client says of itself when it asks one of them. Pure. */
import type { Clock } from '@nexus/sdk'
import { proofOf } from './client.ts'
import type { EndpointRequest } from './endpoint_request.ts'
import type { Endpoints } from './endpoints.ts'
import type { Parameters } from './grant.ts'
import { tokenPolicySecrets, type Encoding, type TokenPolicy } from './token_policy.ts'

export interface Asking {
  readonly policy: TokenPolicy
  readonly endpoints: Endpoints
}

interface Question {
  readonly url: URL
  readonly parameters: Parameters
  readonly encoding: Encoding
}

/** Parameters whose values no error may repeat. */
const secretNames = new Set(['token', 'refresh_token', 'client_assertion'])

export function requestOf({ policy, endpoints }: Asking, question: Question, clock: Clock): EndpointRequest {
  const proof = proofOf(policy.client, endpoints.token.href, clock)
  const secrets = [...question.parameters, ...proof.parameters]
    .filter(([name]) => secretNames.has(name))
    .map(([, value]) => value)
  return { ...question, proof, secrets: [...tokenPolicySecrets(policy), ...secrets] }
}

/** The only encoding that RFC 7662 (introspection) and RFC 7009 (revocation) know. */
export const formEncoding = 'application/x-www-form-urlencoded'
