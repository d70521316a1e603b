/**
 * The blobs of one task: what its module writes has the secrets of the run masked, wherever a piece ends, and stops
 * when the task does. Where it goes is the backend's.
 */
import { blobPiece, type BlobContent, type Blobs } from '@nexus/sdk'
import { masked } from '@nexus/sdk/masking'
import type { RunState } from './run_state.ts'

export function blobsOf(run: RunState, signal: AbortSignal): Blobs {
  const { blobs } = run.services
  return {
    write: (content, options) =>
      blobs.write(streamMask(run.maskedParts)(untilAborted(content, signal)), options),
    read: (reference) => blobs.read(reference),
  }
}

async function* untilAborted(content: BlobContent, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  for await (const piece of content) {
    signal.throwIfAborted()
    yield blobPiece(piece)
  }
  signal.throwIfAborted()
}

/** Bytes as they pass; a latin1 text has one character for each of them, so that texts and bytes are searched alike. */
export function streamMask(
  secrets: readonly string[],
): (content: AsyncIterable<Uint8Array>) => AsyncIterable<Uint8Array> {
  if (secrets.length === 0) return (content) => content
  const texts = [...new Set(secrets.flatMap((text) => [text, JSON.stringify(text).slice(1, -1)]))]
  const needles = texts.map((text) => Buffer.from(text, 'utf8').toString('latin1'))
  const longest = needles.toSorted((a, b) => b.length - a.length)
  const pattern = longest.map((needle) => RegExp.escape(needle)).join('|')
  return (content) => maskPieces(content, new RegExp(pattern, 'g'), longest[0]?.length ?? 0)
}

/** Keeps back the end of each piece that may be the beginning of a secret, until more has come. */
async function* maskPieces(
  content: AsyncIterable<Uint8Array>,
  pattern: RegExp,
  lengthMax: number,
): AsyncGenerator<Uint8Array> {
  let rest = ''
  for await (const piece of content) {
    const text = rest + Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1')
    const { done, end } = maskUpTo(text, pattern, text.length - lengthMax + 1)
    rest = text.slice(end)
    if (done !== '') yield Buffer.from(done, 'latin1')
  }
  if (rest !== '') yield Buffer.from(maskUpTo(rest, pattern, rest.length).done, 'latin1')
}

/** Everything that begins before `before`, masked, and where the rest begins. */
function maskUpTo(text: string, pattern: RegExp, before: number): { done: string; end: number } {
  let done = ''
  let end = 0
  for (const match of text.matchAll(pattern)) {
    if (match.index >= before) break
    done += text.slice(end, match.index) + masked
    end = match.index + match[0].length
  }
  const stop = Math.max(end, before, 0)
  return { done: done + text.slice(end, stop), end: stop }
}
