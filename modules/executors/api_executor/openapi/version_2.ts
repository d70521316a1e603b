/** Reads an operation out of a document of OpenAPI 2.0 (Swagger). */
import { TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { placeOf } from '../resource.ts'
import type { DescribedOperation, Description } from './description.ts'
import {
  chooseMediaType,
  entriesOf,
  followed,
  parametersOf,
  textsOf,
  type Body,
  type DescribedResponse,
  type Field,
  type Operation,
  type Parameter,
  type Place,
  type Shape,
  type WrittenParameter,
} from './operation.ts'
import { follow, member } from './references.ts'
import type { Style } from './style.ts'

const places: readonly Place[] = ['path', 'query', 'header']

export function readVersion2(description: Description, described: DescribedOperation): Operation {
  const { id, method, path } = described
  const written = parametersOf(description, described)
  const parameters = written.flatMap((parameter) => readParameter(parameter) ?? [])
  const base = readBase(description, described)
  const body = readBody(written, description, described)
  return { id, method, path, base, parameters, body, responses: readResponses(description, described) }
}

function readParameter({ name, written }: WrittenParameter): Parameter | undefined {
  const place = places.find((known) => known === written['in'])
  if (place === undefined) return undefined
  const required = written['required'] === true
  return { name, place, required, schema: written, ...shapeOf(written, place) }
}

const styles = new Map<Json | undefined, Style>([
  ['ssv', 'spaceDelimited'],
  ['tsv', 'tabDelimited'],
  ['pipes', 'pipeDelimited'],
])

/** A path or a header has no pairs, so that whatever separates its items there is a comma. */
function shapeOf({ collectionFormat }: JsonObject, place: Place | 'formData'): Shape {
  const usual = place === 'path' || place === 'header' ? 'simple' : 'form'
  const style = usual === 'simple' ? usual : (styles.get(collectionFormat) ?? usual)
  return { style, explode: collectionFormat === 'multi', keepsReserved: false, isJson: false }
}

function readResponses({ root }: Description, { operation }: DescribedOperation): DescribedResponse[] {
  return entriesOf(operation['responses']).map(([status, written]) => {
    const schema = followed(root, written)?.['schema']
    return { status, schemas: schema === undefined ? [] : [['*/*', schema]] }
  })
}

function readBody(
  parameters: readonly WrittenParameter[],
  { root }: Description,
  { operation }: DescribedOperation,
): Body | undefined {
  const types = textsOf(operation['consumes'] ?? root['consumes'])
  const whole = parameters.find(({ written }) => written['in'] === 'body')
  if (whole) {
    const properties = follow(root, follow(root, whole.written['schema'])?.['properties'])
    return {
      required: whole.written['required'] === true,
      mediaType: chooseMediaType(types) ?? 'application/json',
      schema: whole.written['schema'],
      name: whole.name,
      hasMemberBody: member(properties, 'body') !== undefined,
      fields: new Map(),
    }
  }
  const fields = parameters.filter(({ written }) => written['in'] === 'formData')
  return fields.length > 0 ? formOf(fields, types) : undefined
}

/** A form goes in parts where it has a file, or where nothing else is taken. */
function formOf(written: readonly WrittenParameter[], types: readonly string[]): Body {
  const fields = new Map(written.map((field): [string, Field] => [field.name, readField(field.written)]))
  const all = [...fields.values()]
  const onlyParts = types.length > 0 && types.every((type) => /^multipart\//i.test(type))
  const inParts = onlyParts || all.some(({ isFile }) => isFile)
  return {
    required: all.some(({ required }) => required),
    mediaType: inParts ? 'multipart/form-data' : 'application/x-www-form-urlencoded',
    schema: undefined,
    name: undefined,
    hasMemberBody: fields.has('body'),
    fields,
  }
}

function readField(written: JsonObject): Field {
  return {
    required: written['required'] === true,
    isFile: written['type'] === 'file',
    mediaType: undefined,
    shape: shapeOf(written, 'formData'),
  }
}

/** A document without a host describes the one that it was fetched from, and so it is with the scheme. */
function readBase({ root, address }: Description, { operation }: DescribedOperation): URL {
  const { host, basePath } = root
  const own = address.protocol.slice(0, -1)
  const scheme = chooseScheme(operation['schemes'] ?? root['schemes'], own)
  const authority = typeof host === 'string' && host !== '' ? host : address.host
  const path = typeof basePath === 'string' ? basePath.replace(/^\/*/, '/') : '/'
  const base = scheme === undefined ? null : URL.parse(`${scheme}://${authority}${path}`)
  if (base) return base
  throw TaskFault.of(
    'configuration',
    `${placeOf(address)} describes no address that can be called: host "${authority}", schemes ${JSON.stringify(root['schemes'] ?? [own])}. It takes http or https.`,
  )
}

function chooseScheme(written: Json | undefined, own: string): string | undefined {
  const schemes = textsOf(written)
  if (schemes.length === 0) return own
  return [own, 'https', 'http'].find((scheme) => schemes.includes(scheme))
}
