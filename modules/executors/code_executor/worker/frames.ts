/**
 * The frames between this host and its workers: four bytes of length, one of type, then the payload. What a worker
 * sends is not trusted: a frame has a largest size, and JSON a largest depth, both looked at before anything is parsed.
 */
import { TaskFault, type Json } from '@nexus/sdk'

/** Larger things go in pieces of this size. */
export const pieceBytesMax = 262_144
const frameBytesMax = pieceBytesMax + 65_536
const headBytes = 5
/** Nobody nests further by hand, and what walks JSON later does so by recursion. */
export const jsonDepthMax = 256

/** To a worker: J job, I input file, G go, K end the script, A answer to a request. From it: H hello, O E output, V value, F file, N request, R result. */
export type FrameType = 'J' | 'I' | 'G' | 'K' | 'A' | 'H' | 'O' | 'E' | 'V' | 'F' | 'N' | 'R'

export interface Frame {
  readonly type: string
  readonly payload: Buffer
}

export function frame(type: FrameType, payload: string | Uint8Array): Buffer {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
  const head = Buffer.alloc(headBytes)
  head.writeUInt32LE(bytes.length)
  head.write(type, 4, 'latin1')
  return Buffer.concat([head, bytes])
}

/** A named file in pieces: two bytes of length, the name, the bytes. An empty file is one piece. */
export function* fileFrames(name: string, content: Uint8Array): Generator<Buffer> {
  const label = Buffer.from(name)
  const length = Buffer.alloc(2)
  length.writeUInt16LE(label.length)
  for (let at = 0; at === 0 || at < content.length; at += pieceBytesMax)
    yield frame('I', Buffer.concat([length, label, content.subarray(at, at + pieceBytesMax)]))
}

export function readFilePiece(payload: Buffer): { name: string; piece: Buffer } {
  const end = 2 + (payload.length < 2 ? 0 : payload.readUInt16LE())
  return { name: payload.toString('utf8', 2, end), piece: payload.subarray(end) }
}

/** Cuts a stream into frames. Throws where a worker announces a frame that is too large. */
export function frameReader(onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
  let chunks: Buffer[] = []
  let heldBytes = 0
  let neededBytes = headBytes
  return (chunk) => {
    chunks.push(chunk)
    heldBytes += chunk.length
    if (heldBytes < neededBytes) return
    let rest = Buffer.concat(chunks)
    for (neededBytes = lengthOf(rest); rest.length >= neededBytes; neededBytes = lengthOf(rest)) {
      onFrame({ type: rest.toString('latin1', 4, headBytes), payload: rest.subarray(headBytes, neededBytes) })
      rest = rest.subarray(neededBytes)
    }
    chunks = [rest]
    heldBytes = rest.length
  }
}

/** Of the frame that begins here, its head included; of the head alone where that is not complete. */
function lengthOf(bytes: Buffer): number {
  if (bytes.length < headBytes) return headBytes
  const length = bytes.readUInt32LE()
  if (length > frameBytesMax)
    throw new Error(`a frame of ${length} bytes, where ${frameBytesMax} are the most`)
  return headBytes + length
}

/** JSON from a box. Refuses what is nested too deeply before it is parsed. */
export function parseBoxJson(text: string): Json {
  if (depthOf(text) > jsonDepthMax) {
    throw TaskFault.of(
      'runtime',
      `The script’s value is nested more than ${jsonDepthMax} levels deep. Give a flatter one.`,
    )
  }
  return JSON.parse(text) as Json
}

function depthOf(text: string): number {
  let [depth, deepest, isInText] = [0, 0, false]
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === 0x22) isInText = !isInText
    else if (isInText && code === 0x5c) at++
    else if (!isInText && (code === 0x5b || code === 0x7b)) deepest = Math.max(deepest, ++depth)
    else if (!isInText && (code === 0x5d || code === 0x7d)) depth--
  }
  return deepest
}
