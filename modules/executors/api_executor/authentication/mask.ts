/** Takes secrets out of what others wrote and people will read. Pure. */
import type { Json } from '@nexus/sdk'
import type { Answer } from '../send.ts'

/** A shorter text would be found everywhere. */
const lengthMin = 4
const masked = '***'

/** The text without the secrets, as they are or as URIs, forms and JSON have them. */
export function mask(text: string, secrets: readonly string[]): string {
  return writingsOf(secrets).reduce((left, writing) => left.replaceAll(writing, masked), text)
}

/** An answer that says a token back gives it to everybody who sees the task's output. */
export function maskAnswer(answer: Answer, tokens: readonly string[]): Answer {
  if (tokens.length === 0) return answer
  const headers = Object.entries(answer.headers).map(([name, value]) => [name, mask(value, tokens)])
  return { ...answer, headers: Object.fromEntries(headers), body: maskBytes(answer.body, tokens) }
}

/** Tokens are ASCII, so that a byte can be taken for a character, whatever the text's encoding. */
function maskBytes(body: Buffer, tokens: readonly string[]): Buffer {
  if (!writingsOf(tokens).some((writing) => body.includes(writing, 0, 'latin1'))) return body
  return Buffer.from(mask(body.toString('latin1'), tokens), 'latin1')
}

/** Longer ones first, since one secret may be a part of another. */
function writingsOf(secrets: readonly string[]): readonly string[] {
  const long = secrets.filter((secret) => secret.length >= lengthMin)
  const writings = long.flatMap((secret) => {
    const inJson = JSON.stringify(secret).slice(1, -1)
    return [secret, encodeURIComponent(secret), inJson, inJson.replaceAll('/', String.raw`\/`)]
  })
  return [...new Set(writings)].toSorted((one, other) => other.length - one.length)
}

/** A value without tokens, in its texts and its names. */
export function maskJson(value: Json, tokens: readonly string[]): Json {
  if (tokens.length === 0) return value
  const text = JSON.stringify(value)
  const masked = mask(text, tokens)
  return masked === text ? value : (JSON.parse(masked) as Json)
}
