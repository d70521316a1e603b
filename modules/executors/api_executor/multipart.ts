/** Writes a form in parts (RFC 7578): fields, and files that are texts or blobs. Pure. */
import { createHash } from 'node:crypto'
import type { BlobReference } from '@nexus/sdk'
import { Pieces, type Piece } from './transport/body.ts'

export interface Part {
  readonly name: string
  /** A part that has one is a file. */
  readonly filename: string | undefined
  readonly mediaType: string | undefined
  readonly content: Piece
}

export interface Multipart {
  readonly content: Pieces
  readonly boundary: string
}

export function writeParts(parts: readonly Part[]): Multipart {
  const written = parts.map((part) => ({ head: headOf(part), content: part.content }))
  const boundary = boundaryOf(written)
  const pieces = written.flatMap(({ head, content }) => [`--${boundary}\r\n${head}\r\n\r\n`, content, '\r\n'])
  return { content: new Pieces([...pieces, `--${boundary}--\r\n`]), boundary }
}

/** One that stands in none of the parts: none of them can hold the digest of them all. */
function boundaryOf(written: readonly { head: string; content: string | BlobReference }[]): string {
  const hash = createHash('sha256')
  for (const { head, content } of written)
    hash.update(`${head}\n${typeof content === 'string' ? content : content.blob}\n`)
  return `nexus-${hash.digest('hex').slice(0, 40)}`
}

function headOf({ name, filename, mediaType }: Part): string {
  const file = filename === undefined ? '' : `; filename="${quoted(filename)}"`
  const type = mediaType === undefined ? '' : `\r\ncontent-type: ${mediaType}`
  return `content-disposition: form-data; name="${quoted(name)}"${file}${type}`
}

/** As browsers write names. */
function quoted(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
