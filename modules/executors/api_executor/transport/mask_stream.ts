/** Takes secrets out of a stream, also where one is cut in two by the pieces in which it comes. */
import { mask } from '../authentication/mask.ts'

export async function* maskStream(
  source: AsyncIterable<Uint8Array>,
  secrets: readonly string[],
): AsyncGenerator<Uint8Array> {
  const overlap = longestWriting(secrets) - 1
  let held = ''
  for await (const piece of source) {
    // One character for one byte: tokens are ASCII, whatever the rest is.
    const text = mask(held + Buffer.from(piece).toString('latin1'), secrets)
    const cut = Math.max(0, text.length - overlap)
    held = text.slice(cut)
    if (cut > 0) yield Buffer.from(text.slice(0, cut), 'latin1')
  }
  if (held !== '') yield Buffer.from(held, 'latin1')
}

/** As a URI has it, a character can take three, and in JSON six. */
function longestWriting(secrets: readonly string[]): number {
  return Math.max(1, ...secrets.map((secret) => secret.length * 6))
}
