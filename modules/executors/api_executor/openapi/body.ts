/** Writes the body of a request in the media type of its operation: JSON, a form, a form in parts, or text. Pure. */
import { createHash } from 'node:crypto'
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { encodeStrictly } from '../uri_template.ts'
import type { GivenBody } from './fill.ts'
import type { Body, Field, Operation } from './operation.ts'
import { encodeLoosely, textOf, writePairs } from './style.ts'

export interface WrittenBody {
  readonly content: string
  readonly mediaType: string
}

export function writeBody({ id, method }: Operation, body: Body, given: GivenBody): WrittenBody {
  if (method === 'GET' || method === 'HEAD') {
    throw TaskFault.of('validation', `Operation "${id}" is a ${method} request, which has no body.`)
  }
  const value = 'members' in given ? Object.fromEntries(given.members) : given.whole
  const { mediaType } = body
  if (mediaType.includes('*')) return { content: JSON.stringify(value), mediaType: 'application/json' }
  if (/[/+]json\b/i.test(mediaType)) return { content: JSON.stringify(value), mediaType }
  if (isJsonObject(value) && /^application\/x-www-form-urlencoded\b/i.test(mediaType))
    return { content: formOf(value, body), mediaType }
  if (isJsonObject(value) && /^multipart\//i.test(mediaType)) return partsOf(value, body)
  if (typeof value === 'string') return { content: value, mediaType }
  throw TaskFault.of('validation', `Operation "${id}" takes its body as ${mediaType}: it must be a text.`)
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

/** RFC 7578. Files are texts, since nothing else crosses to a module. */
function partsOf(value: JsonObject, { mediaType, fields }: Body): WrittenBody {
  const parts = Object.entries(value).flatMap(([name, item]) => {
    const items: readonly Json[] = Array.isArray(item) ? item : [item]
    return items.filter((one) => one !== null).map((one) => partOf(name, one, fields.get(name)))
  })
  // A boundary that stands in none of the parts: none of them can hold the digest of them all.
  const boundary = `nexus-${createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 40)}`
  const content = parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')
  const type = mediaType.split(';')[0] ?? mediaType
  return { content: `${content}--${boundary}--\r\n`, mediaType: `${type}; boundary=${boundary}` }
}

function partOf(name: string, value: Json, field: Field | undefined): string {
  const isFile = field?.isFile === true
  const usual = isFile
    ? 'application/octet-stream'
    : typeof value === 'object'
      ? 'application/json'
      : undefined
  const type = field?.mediaType ?? usual
  const file = isFile ? `; filename="${quoted(name)}"` : ''
  const head = `content-disposition: form-data; name="${quoted(name)}"${file}`
  return `${head}${type === undefined ? '' : `\r\ncontent-type: ${type}`}\r\n\r\n${textOf(value)}`
}

/** As browsers write names. */
function quoted(name: string): string {
  return name.replaceAll('"', '%22').replaceAll('\r', '%0D').replaceAll('\n', '%0A')
}
