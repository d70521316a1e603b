/**
 * From a schema of an OpenAPI document (2.0, 3.0 or 3.1) to a JSON Schema that stands alone. It keeps what can be checked,
 * and leaves out what refers into another document, and patterns that are none here. Whoever checks by it sets a limit of
 * time: patterns and unions from elsewhere could be made to run for ever. Pure.
 */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { entriesOf } from './operation.ts'
import { follow } from './references.ts'

/** Members of an object that only answers have are not asked for in requests, and the other way round. */
export type Direction = 'request' | 'response'

export function jsonSchemaOf(root: JsonObject, schema: Json, direction: Direction): JsonObject {
  const definitions = new Definitions(root, direction)
  const own = definitions.convert(schema)
  return { allOf: [own], $defs: definitions.all() }
}

/** Taken as they are. `format` and `required` are looked at. */
const plain = [
  'const',
  'enum',
  'maximum',
  'minimum',
  'multipleOf',
  'maxLength',
  'minLength',
  'maxItems',
  'minItems',
  'uniqueItems',
  'maxProperties',
  'minProperties',
  'maxContains',
  'minContains',
  'dependentRequired',
]
const ofSchemas = ['allOf', 'anyOf', 'oneOf', 'prefixItems']
const ofSchema = ['items', 'not', 'contains', 'if', 'then', 'else', 'additionalProperties']
const ofNamedSchemas = ['properties', 'dependentSchemas']
/** Those that are told apart quickly, whatever the text. */
const formats = new Set(['date', 'date-time', 'time', 'uuid', 'ipv4', 'ipv6'])
const types = new Set(['null', 'boolean', 'object', 'array', 'number', 'integer', 'string'])

class Definitions {
  readonly #root: JsonObject
  readonly #direction: Direction
  readonly #names = new Map<string, string>()
  readonly #converted = new Map<string, Json>()

  constructor(root: JsonObject, direction: Direction) {
    this.#root = root
    this.#direction = direction
  }

  all(): JsonObject {
    return Object.fromEntries(this.#converted)
  }

  convert(schema: Json | undefined): Json {
    if (!isJsonObject(schema)) return schema !== false
    if (typeof schema['$ref'] === 'string') return this.#reference(schema['$ref'])
    const converted = {
      ...Object.fromEntries(plain.flatMap((key) => member(schema, key))),
      ...typeOf(schema),
      ...formatOf(schema),
      ...patternOf(schema),
      ...boundsOf(schema),
      ...this.#requiredOf(schema),
      ...this.#partsOf(schema),
    }
    return schema['nullable'] === true ? { anyOf: [{ type: 'null' }, converted] } : converted
  }

  /** Each is converted once, so that one may refer to itself. */
  #reference(reference: string): Json {
    const known = this.#names.get(reference)
    if (known !== undefined) return { $ref: `#/$defs/${known}` }
    const target = this.#find(reference)
    if (target === undefined) return true
    const name = `d${this.#names.size}`
    this.#names.set(reference, name)
    this.#converted.set(name, this.convert(target))
    return { $ref: `#/$defs/${name}` }
  }

  #find(reference: string): JsonObject | undefined {
    try {
      return follow(this.#root, { $ref: reference })
    } catch (error) {
      if (error instanceof TaskFault) return undefined
      throw error
    }
  }

  #partsOf(schema: JsonObject): JsonObject {
    const patterns = entriesOf(schema['patternProperties'])
    const usable = patterns.flatMap(([pattern, part]): [string, Json][] => {
      const written = usablePattern(pattern)
      return written === undefined ? [] : [[written, this.convert(part)]]
    })
    // Names that a pattern allows which is none here would be taken for additional ones.
    const keys = usable.length === patterns.length ? ofSchema : ofSchema.slice(0, -1)
    return Object.fromEntries([
      ...(usable.length > 0 ? [['patternProperties', Object.fromEntries(usable)]] : []),
      ...keys.flatMap((key) => member(schema, key).map(([, part]) => [key, this.convert(part)])),
      ...ofSchemas.flatMap((key) =>
        member(schema, key).map(([, parts]) => [
          key,
          Array.isArray(parts) ? parts.map((part: Json) => this.convert(part)) : [true],
        ]),
      ),
      ...ofNamedSchemas.flatMap((key) =>
        member(schema, key).map(([, parts]) => [
          key,
          Object.fromEntries(entriesOf(parts).map(([name, part]) => [name, this.convert(part)])),
        ]),
      ),
    ]) as JsonObject
  }

  #requiredOf(schema: JsonObject): JsonObject {
    const { required } = schema
    if (!Array.isArray(required)) return {}
    const others = this.#direction === 'request' ? 'readOnly' : 'writeOnly'
    const properties = new Map(entriesOf(schema['properties']))
    const asked = required.filter((name: Json) => {
      const property = typeof name === 'string' ? properties.get(name) : undefined
      return !(isJsonObject(property) && this.#resolved(property)?.[others] === true)
    })
    return { required: asked }
  }

  #resolved(schema: JsonObject): JsonObject | undefined {
    return typeof schema['$ref'] === 'string' ? this.#find(schema['$ref']) : schema
  }
}

function member(schema: JsonObject, key: string): [string, Json][] {
  const value = Object.hasOwn(schema, key) ? schema[key] : undefined
  return value === undefined ? [] : [[key, value]]
}

/** `file` of 2.0 and whatever else is no type says nothing. */
function typeOf({ type }: JsonObject): JsonObject {
  const named: readonly Json[] = Array.isArray(type) ? type : [type ?? null]
  const known = named.every((name) => typeof name === 'string' && types.has(name))
  return known && type !== undefined ? { type } : {}
}

function formatOf({ format }: JsonObject): JsonObject {
  return typeof format === 'string' && formats.has(format) ? { format } : {}
}

function patternOf({ pattern }: JsonObject): JsonObject {
  const usable = typeof pattern === 'string' ? usablePattern(pattern) : undefined
  return usable === undefined ? {} : { pattern: usable }
}

/** As the validator takes patterns: with Unicode, where a backslash before what needs none is an error. */
function usablePattern(pattern: string): string | undefined {
  return [pattern, pattern.replaceAll(/\\([^\w^$\\.*+?()[\]{}|/-]|_)/g, '$1')].find(isPattern)
}

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern, 'u') instanceof RegExp
  } catch {
    return false
  }
}

/** In 2.0 and 3.0 an exclusive bound is a flag beside the bound. */
function boundsOf(schema: JsonObject): JsonObject {
  const bounds = (['minimum', 'maximum'] as const).flatMap((key): [string, Json][] => {
    const exclusive = key === 'minimum' ? 'exclusiveMinimum' : 'exclusiveMaximum'
    const value = schema[exclusive]
    if (typeof value === 'number') return [[exclusive, value]]
    const bound = schema[key]
    return value === true && typeof bound === 'number' ? [[exclusive, bound]] : []
  })
  return Object.fromEntries(bounds)
}
