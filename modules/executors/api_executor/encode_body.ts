/**
 * From the `body` of a task to what is sent, by the `content-type` that the task sets: a blob as it is, text as it is, an
 * object as a form or a form in parts where the type says so, anything else as JSON. Pure.
 */
import { isBlobReference, isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { wrong, type Call } from './call.ts'
import { writeParts, type Part } from './multipart.ts'
import { Pieces, type RequestBody } from './transport/body.ts'

export interface EncodedBody {
  readonly body: RequestBody | undefined
  /** Undefined where what the task sets stands. */
  readonly contentType?: string
  /** Goes before what the task sets: it has the boundary. */
  readonly isForced?: boolean
}

export function encodeBody({ method, body, headers }: Call): EncodedBody {
  if (body === undefined) return { body }
  if (method === 'GET' || method === 'HEAD') {
    throw TaskFault.of(
      'validation',
      `There is a body, and a ${method} request has no body. Use \`query\`, or another method.`,
    )
  }
  if (typeof body === 'string' || body instanceof Pieces) return { body }
  if (isBlobReference(body)) return { body: new Pieces([body]), contentType: body.media_type }
  const type = headers['content-type']?.toLowerCase() ?? ''
  if (type.startsWith('application/x-www-form-urlencoded') && isJsonObject(body))
    return { body: formOf(body) }
  if (type.startsWith('multipart/form-data')) return partsOf(body)
  return { body: JSON.stringify(body), contentType: 'application/json' }
}

/** A list gives its name several times; null gives it not at all. */
export function queryTexts(value: Json): string[] {
  if (value === null) return []
  if (Array.isArray(value)) return value.flatMap((item: Json) => queryTexts(item))
  return [typeof value === 'object' ? JSON.stringify(value) : String(value)]
}

function formOf(body: JsonObject): string {
  const pairs = Object.entries(body).flatMap(([name, value]) => queryTexts(value).map((text) => [name, text]))
  return new URLSearchParams(pairs).toString()
}

function partsOf(body: Json): EncodedBody {
  if (!isJsonObject(body)) throw wrong('body', 'an object of parts where content-type is multipart/form-data')
  const parts = Object.entries(body).flatMap(([name, value]) => {
    const values: readonly Json[] = Array.isArray(value) ? value : [value]
    return values.filter((one) => one !== null).map((one) => partOf(name, one))
  })
  const { content, boundary } = writeParts(parts)
  return { body: content, contentType: `multipart/form-data; boundary=${boundary}`, isForced: true }
}

function partOf(name: string, value: Json): Part {
  if (isBlobReference(value))
    return { name, filename: name, mediaType: mediaTypeOf(value.media_type, name), content: value }
  if (isJsonObject(value) && 'content' in value) return fileOf(name, value)
  if (typeof value !== 'object')
    return { name, filename: undefined, mediaType: undefined, content: String(value) }
  return { name, filename: undefined, mediaType: 'application/json', content: JSON.stringify(value) }
}

const fileMembers = new Set(['filename', 'content', 'content_type'])

/** `{filename?, content, content_type?}`, whose content is a text or a blob. */
function fileOf(name: string, value: JsonObject): Part {
  const place = `body.${name}`
  const { filename = name, content = null, content_type: type } = value
  const stray = Object.keys(value).find((key) => !fileMembers.has(key))
  if (stray !== undefined)
    throw wrong(place, `a file of filename, content and content_type, without "${stray}"`)
  if (typeof filename !== 'string') throw wrong(`${place}.filename`, 'a text')
  if (type !== undefined && typeof type !== 'string') throw wrong(`${place}.content_type`, 'a text')
  if (typeof content !== 'string' && !isBlobReference(content))
    throw wrong(`${place}.content`, 'a text, or a reference to a blob')
  const usual = typeof content === 'string' ? 'application/octet-stream' : content.media_type
  return { name, filename, mediaType: mediaTypeOf(type ?? usual, `${name}.content_type`), content }
}

/** A line end would begin another header of the part. */
export function mediaTypeOf(type: string, member: string): string {
  if (/^[\x20-\x7e]+$/.test(type)) return type
  throw wrong(`body.${member}`, 'named as media types are')
}
