/** What of a call is checked against the schemas of its document: the operator's choice. Pure. */
import type { JsonObject } from '@nexus/sdk'

const validations = ['none', 'request', 'response', 'both'] as const
export type Validation = (typeof validations)[number]

export function readValidation(config: JsonObject): Validation {
  return validations.find((known) => known === config['validate']) ?? 'request'
}

export function checksRequest(validation: Validation): boolean {
  return validation === 'request' || validation === 'both'
}

export function checksResponse(validation: Validation): boolean {
  return validation === 'response' || validation === 'both'
}
