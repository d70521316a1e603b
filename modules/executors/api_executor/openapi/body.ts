/** Writes the body of a request in the media type of its operation: JSON, a form, a form in parts, text, or a blob. Pure. */
import { isBlobReference, isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { mediaTypeOf } from '../encode_body.ts'
import { writeParts, type Part } from '../multipart.ts'
import { Pieces } from '../transport/body.ts'
import { encodeStrictly } from '../uri_template.ts'
import type { GivenBody } from './fill.ts'
import type { Body, Field, Operation } from './operation.ts'
import { encodeLoosely, textOf, writePairs } from './style.ts'

export interface WrittenBody {
  readonly content: string | Pieces
  readonly mediaType: string
}

export function writeBody({ id, method }: Operation, body: Body, given: GivenBody): WrittenBody {
  if (method === 'GET' || method === 'HEAD') {
    throw TaskFault.of('validation', `Operation "${id}" is a ${method} request, which has no body.`)
  }
  const value = 'members' in given ? Object.fromEntries(given.members) : given.whole
  const { mediaType } = body
  if (isBlobReference(value))
    return { content: new Pieces([value]), mediaType: mediaType.includes('*') ? value.media_type : mediaType }
  if (mediaType.includes('*')) return { content: JSON.stringify(value), mediaType: 'application/json' }
  if (/[/+]json\b/i.test(mediaType)) return { content: JSON.stringify(value), mediaType }
  if (isJsonObject(value) && /^application\/x-www-form-urlencoded\b/i.test(mediaType))
    return { content: formOf(value, body), mediaType }
  if (isJsonObject(value) && /^multipart\//i.test(mediaType)) return partsOf(value, body)
  if (typeof value === 'string') return { content: value, mediaType }
  throw TaskFault.of(
    'validation',
    `Operation "${id}" takes its body as ${mediaType}: it must be a text. A reference to a blob does too.`,
  )
}

function formOf(value: JsonObject, { fields }: Body): string {
  const pairs = Object.entries(value).flatMap(([name, item]) => {
    if (item === null) return []
    const shape = fields.get(name)?.shape
    if (shape === undefined && isJsonObject(item))
      return [`${encodeStrictly(name)}=${encodeStrictly(JSON.stringify(item))}`]
    const encode = shape?.keepsReserved === true ? encodeLoosely : encodeStrictly
    return writePairs(name, item, { style: 'form', explode: true, ...shape, encode })
  })
  return pairs.join('&')
}

function partsOf(value: JsonObject, { mediaType, fields }: Body): WrittenBody {
  const parts = Object.entries(value).flatMap(([name, item]) => {
    const items: readonly Json[] = Array.isArray(item) ? item : [item]
    return items.filter((one) => one !== null).map((one) => partOf(name, one, fields.get(name)))
  })
  const { content, boundary } = writeParts(parts)
  const type = mediaType.split(';')[0] ?? mediaType
  return { content, mediaType: `${type}; boundary=${boundary}` }
}

/** A blob is a file, whatever the document says of it. */
function partOf(name: string, value: Json, field: Field | undefined): Part {
  if (isBlobReference(value)) {
    const type = field?.mediaType ?? value.media_type
    return { name, filename: name, mediaType: mediaTypeOf(type, name), content: value }
  }
  const isFile = field?.isFile === true
  const usual = isFile
    ? 'application/octet-stream'
    : typeof value === 'object'
      ? 'application/json'
      : undefined
  const filename = isFile ? name : undefined
  return { name, filename, mediaType: field?.mediaType ?? usual, content: textOf(value) }
}
