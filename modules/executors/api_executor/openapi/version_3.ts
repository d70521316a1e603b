/** Reads an operation out of a document of OpenAPI 3.0 or 3.1. */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { isLocal, placeOf } from '../resource.ts'
import type { DescribedOperation, Description } from './description.ts'
import {
  chooseMediaType,
  entriesOf,
  followed,
  parametersOf,
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
import { textOf, type Style } from './style.ts'

const places: readonly Place[] = ['path', 'query', 'header', 'cookie']
/** Header parameters of these names are described elsewhere in a document, so that none of them is asked for. */
const describedElsewhere = new Set(['accept', 'content-type', 'authorization'])

export function readVersion3(description: Description, described: DescribedOperation): Operation {
  const { id, method, path } = described
  const parameters = parametersOf(description, described).flatMap((written) => readParameter(written) ?? [])
  const base = readBase(description, described)
  const body = readBody(description, described)
  return { id, method, path, base, parameters, body, responses: readResponses(description, described) }
}

function readParameter({ name, written }: WrittenParameter): Parameter | undefined {
  const place = places.find((known) => known === written['in'])
  if (place === undefined) return undefined
  const isFree = place === 'header' && describedElsewhere.has(name.toLowerCase())
  const required = written['required'] === true && !isFree
  return { name, place, required, schema: schemaOf(written), ...shapeOf(written, place) }
}

const styles: readonly Style[] = [
  'simple',
  'label',
  'matrix',
  'form',
  'deepObject',
  'spaceDelimited',
  'pipeDelimited',
]

function shapeOf(written: JsonObject, place: Place): Shape {
  const usual = place === 'path' || place === 'header' ? 'simple' : 'form'
  const style = styles.find((known) => known === written['style']) ?? usual
  return {
    style,
    explode: typeof written['explode'] === 'boolean' ? written['explode'] : style === 'form',
    keepsReserved: written['allowReserved'] === true,
    isJson: isJsonObject(written['content']),
  }
}

/** Of a parameter: its own, or that of its only content. */
function schemaOf({ schema, content }: JsonObject): Json | undefined {
  const [first] = entriesOf(content)
  return schema ?? (isJsonObject(first?.[1]) ? first[1]['schema'] : undefined)
}

function readResponses({ root }: Description, { operation }: DescribedOperation): DescribedResponse[] {
  return entriesOf(operation['responses']).map(([status, written]) => ({
    status,
    schemas: entriesOf(followed(root, written)?.['content']).flatMap(([type, content]) => {
      const schema = isJsonObject(content) ? content['schema'] : undefined
      return schema === undefined ? [] : [[type, schema] as const]
    }),
  }))
}

function readBody({ root }: Description, { operation }: DescribedOperation): Body | undefined {
  const body = follow(root, operation['requestBody'])
  const contents = entriesOf(body?.['content'])
  const mediaType = chooseMediaType(contents.map(([type]) => type))
  if (!body || mediaType === undefined) return undefined
  const content = contents.find(([type]) => type === mediaType)?.[1]
  const { schema, encoding } = isJsonObject(content) ? content : {}
  const properties = entriesOf(follow(root, schema)?.['properties'])
  return {
    required: body['required'] === true,
    mediaType,
    schema,
    name: undefined,
    hasMemberBody: properties.some(([name]) => name === 'body'),
    fields: new Map(
      properties.map(([name, property]) => [name, readField(root, property, encodingOf(encoding, name))]),
    ),
  }
}

function encodingOf(encoding: Json | undefined, name: string): JsonObject {
  const found = isJsonObject(encoding) ? member(encoding, name) : undefined
  return isJsonObject(found) ? found : {}
}

/** A member of a form has a style only where its encoding says one; else it goes by its type. */
function readField(root: JsonObject, property: Json, encoding: JsonObject): Field {
  const schema = follow(root, property) ?? {}
  const { contentType } = encoding
  const hasStyle = ['style', 'explode', 'allowReserved'].some((key) => encoding[key] !== undefined)
  return {
    required: false,
    isFile: schema['format'] === 'binary' || schema['contentMediaType'] !== undefined,
    mediaType:
      typeof contentType === 'string' && !contentType.includes('*')
        ? contentType.split(',')[0]?.trim()
        : undefined,
    shape: hasStyle ? shapeOf({ ...encoding, content: null }, 'query') : undefined,
  }
}

/** The first server that the operation, its path or the document names; by default the root of the document's host. */
function readBase({ root, address }: Description, { item, operation }: DescribedOperation): URL {
  const [first] = [operation['servers'], item['servers'], root['servers']].flatMap(serversOf)
  const template = typeof first?.['url'] === 'string' ? first['url'] : '/'
  const written = template.replaceAll(/\{([^{}]*)\}/g, (_whole, name: string) => {
    const variable = entriesOf(first?.['variables']).find(([known]) => known === name)?.[1]
    const value = isJsonObject(variable) ? variable['default'] : undefined
    if (value !== undefined) return textOf(value)
    throw TaskFault.of(
      'configuration',
      `Server "${template}" of ${placeOf(address)} has no default for its variable "${name}".`,
    )
  })
  const base = URL.parse(written, address)
  if (base) return base
  const hint = isLocal(address.href)
    ? ' The document stands in a file, so that its servers must be absolute.'
    : ''
  throw TaskFault.of('configuration', `Server "${written}" of ${placeOf(address)} is not a URL.${hint}`)
}

function serversOf(servers: Json | undefined): JsonObject[] {
  return Array.isArray(servers) ? servers.filter((server: Json) => isJsonObject(server)) : []
}
