/** What a JWT claims, if a text is one. No signature is checked: whoever asks has it from the authority itself. */
import { isJsonObject, type JsonObject } from '@nexus/sdk'

export function claimsOf(token: string): JsonObject {
  const [, claims, signature, ...more] = token.split('.')
  if (claims === undefined || signature === undefined || more.length > 0) return {}
  try {
    const value: unknown = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'))
    return isJsonObject(value) ? value : {}
  } catch {
    // It only looks like one.
    return {}
  }
}
