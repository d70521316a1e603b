/**
 * JSON Schema, by TypeBox's engine: what of a value breaks a schema, in sentences that say what was expected and found,
 * and the defaults that a schema fills in. It knows nothing of files; `manifest.ts` turns pointers into positions.
 */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { ErrorContext, ErrorSchema, Meta, Stack } from 'typebox/schema'
import { didYouMean } from './nearest.ts'

export type JsonSchema = boolean | object

export interface Violation {
  /** JSON pointer of the value at fault; for an unknown key, of that key. */
  readonly pointer: string
  readonly message: string
  readonly hint?: string
}

/** How many violations of one value are looked for. */
const violationsMax = 100

/** TypeBox stops at 8 errors, which a union of literals uses up alone. */
class Errors extends ErrorContext {
  override AtCapacity(): boolean {
    return this.GetErrors().length >= violationsMax
  }
}

type Found = ReturnType<ErrorContext['GetErrors']>[number]

/** Says of a value, as it is written, that something else will stand in its place: of what, nothing is known yet. */
export type IsOpen = (value: unknown) => boolean

/** Of a value that is open in places, only what is wrong whatever comes there. */
export function violations(schema: JsonSchema, value: unknown, isOpen: IsOpen = () => false): Violation[] {
  const errors = new Errors()
  ErrorSchema(Stack({}, schema), errors, '#', '', schema, value)
  const found = errors.GetErrors()
  return found
    .filter((error) => !isPartOfAnother(error, found) && isCertain(error, value, isOpen))
    .flatMap((error) => describe(error, found, schema, value))
}

/** What a map or a list is, and which keys it has, can be seen of it; whether it fits as a whole, only once all of it is known. */
const seen = new Set([
  'type',
  'required',
  'additionalProperties',
  'minProperties',
  'maxProperties',
  'minItems',
  'maxItems',
])

function isCertain({ keyword, instancePath }: Found, root: unknown, isOpen: IsOpen): boolean {
  const value = memberAt(root, instancePath)
  return seen.has(keyword) ? !isOpen(value) : !hasOpen(value, isOpen)
}

function hasOpen(value: unknown, isOpen: IsOpen): boolean {
  if (isOpen(value)) return true
  if (typeof value !== 'object' || value === null) return false
  return Object.values(value).some((member) => hasOpen(member, isOpen))
}

/** What keeps a value from being a JSON Schema that a validator can use; the pointers are below the schema itself. */
export function schemaViolations(schema: JsonSchema): Violation[] {
  return violations(Meta['https://json-schema.org/draft/2020-12/schema'], schema)
}

/** The branches of a union, and the `false` behind a closed object, are told by the error around them. */
function isPartOfAnother(error: Found, all: readonly Found[]): boolean {
  if (error.keyword === 'boolean' && error.schemaPath.endsWith('/additionalProperties')) return true
  return all.some((other) => isBranchOf(error, other))
}

function isBranchOf(error: Found, union: Found): boolean {
  const { keyword, schemaPath } = union
  return (
    (keyword === 'anyOf' || keyword === 'oneOf') && error.schemaPath.startsWith(`${schemaPath}/${keyword}/`)
  )
}

function describe(error: Found, all: readonly Found[], root: JsonSchema, value: unknown): Violation[] {
  const schema = memberAt(root, error.schemaPath.slice(1))
  const found = memberAt(value, error.instancePath)
  const pointer = error.instancePath
  switch (error.keyword) {
    case 'additionalProperties':
      // Where other keys may be there, what is wrong with the value of one is told of that value.
      return isRecord(schema) && schema['additionalProperties'] !== false
        ? []
        : error.params.additionalProperties.map((key) => unknownKey(pointer, key, schema))
    case 'required':
      return error.params.requiredProperties.map((key) => ({
        pointer,
        message: `The key "${key}" is missing.`,
      }))
    case 'type':
      return [typeViolation(pointer, [error.params.type].flat(), found)]
    case 'anyOf':
    case 'oneOf':
      return [unionViolation(error, all, found)]
    case 'enum':
      return [choiceViolation(pointer, error.params.allowedValues, found)]
    case 'const':
      return [choiceViolation(pointer, [error.params.allowedValue], found)]
    case 'pattern':
      return [expected(pointer, describePattern(schema, String(error.params.pattern)), found)]
    case 'minLength':
      return [expected(pointer, 'text that is not empty', found)]
    default:
      return [expected(pointer, describeOther(error), found)]
  }
}

/** A bare 1.0 or `yes` is a number or a truth value in YAML, which is seldom what was meant. */
function typeViolation(pointer: string, types: readonly string[], found: unknown): Violation {
  const violation = expected(pointer, describeTypes(types), found)
  const bare = types.includes('string') && (typeof found === 'number' || typeof found === 'boolean')
  return bare ? { ...violation, hint: 'Put quotes around it to make it text.' } : violation
}

function unknownKey(pointer: string, key: string, schema: unknown): Violation {
  const known = isRecord(schema) && isRecord(schema['properties']) ? Object.keys(schema['properties']) : []
  const hint = didYouMean(key, known) ?? (known.length > 0 ? `Known keys: ${known.join(', ')}.` : undefined)
  return {
    pointer: `${pointer}/${escapePointer(key)}`,
    message: `Unknown key "${key}".`,
    ...(hint === undefined ? {} : { hint }),
  }
}

/** What any branch would have taken in this place: values that it lists, or types. */
function unionViolation(union: Found, all: readonly Found[], found: unknown): Violation {
  const here = all.filter((error) => error.instancePath === union.instancePath && isBranchOf(error, union))
  const choices = here.flatMap((error) => {
    if (error.keyword === 'const') return [error.params.allowedValue]
    return error.keyword === 'enum' ? error.params.allowedValues : []
  })
  const types = here.flatMap((error) => (error.keyword === 'type' ? [error.params.type].flat() : []))
  return choiceViolation(union.instancePath, choices, found, [...new Set(types)])
}

function choiceViolation(
  pointer: string,
  choices: readonly unknown[],
  found: unknown,
  types: readonly string[] = [],
): Violation {
  const words = choices.map((choice) => JSON.stringify(choice)).join(', ')
  const listed = choices.length > 1 ? `one of ${words}` : words
  const wanted = [listed, types.length > 0 ? describeTypes(types) : '']
    .filter((part) => part !== '')
    .join(' or ')
  const violation = expected(pointer, wanted || 'one of several forms', found)
  const names = choices.filter((choice) => typeof choice === 'string')
  const hint = typeof found === 'string' ? didYouMean(found, names) : undefined
  return hint === undefined ? violation : { ...violation, hint }
}

function expected(pointer: string, what: string, found: unknown): Violation {
  return { pointer, message: `Expected ${what}, found ${describeValue(found)}.` }
}

function describePattern(schema: unknown, pattern: string): string {
  const words =
    isRecord(schema) && typeof schema['description'] === 'string' ? ` (${schema['description']})` : ''
  return `text that matches ${pattern}${words}`
}

function describeOther(error: Found): string {
  if ('comparison' in error.params) return `a number ${error.params.comparison} ${error.params.limit}`
  const params = Object.entries(error.params).map(([name, value]) => `${name} ${JSON.stringify(value)}`)
  return params.length > 0 ? `a value with ${params.join(', ')}` : `a value that satisfies "${error.keyword}"`
}

const typeWords: Readonly<Record<string, string>> = {
  array: 'a list',
  boolean: 'true or false',
  integer: 'a whole number',
  null: 'null',
  number: 'a number',
  object: 'a map',
  string: 'text',
}

function describeTypes(types: readonly string[]): string {
  return types.map((type) => typeWords[type] ?? type).join(' or ')
}

const shownCharsMax = 60

/** A value as a message shows it: scalars as JSON, containers by what they are. */
export function describeValue(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'nothing (null)'
  if (Array.isArray(value)) return `a list of ${value.length}`
  if (typeof value === 'object') return 'a map'
  const text = JSON.stringify(value) ?? typeof value
  return text.length > shownCharsMax ? `${text.slice(0, shownCharsMax)}…` : text
}

/**
 * A copy of a value with the schema's `default`s where members are absent, down through `properties`, `items` and `allOf`.
 * A default never replaces something that is there.
 */
export function fillDefaults(schema: unknown, value: Json | undefined): Json | undefined {
  if (!isRecord(schema)) return value
  const base = value === undefined ? (schema['default'] as Json | undefined) : value
  const parts = Array.isArray(schema['allOf']) ? schema['allOf'] : []
  const merged = parts.reduce<Json | undefined>((sum, part) => fillDefaults(part, sum), base)
  if (Array.isArray(merged)) {
    const items = merged as readonly Json[]
    return items.map((item) => fillDefaults(schema['items'], item) ?? item)
  }
  return isJsonObject(merged) ? fillProperties(schema['properties'], merged) : merged
}

function fillProperties(properties: unknown, value: JsonObject): JsonObject {
  if (!isRecord(properties)) return value
  const filled: Record<string, Json> = { ...value }
  for (const [key, schema] of Object.entries(properties)) {
    const member = fillDefaults(schema, Object.hasOwn(value, key) ? value[key] : undefined)
    if (member !== undefined) filled[key] = member
  }
  return filled
}

/** The member of a value that a JSON pointer names, or undefined. */
export function memberAt(value: unknown, pointer: string): unknown {
  let member = value
  for (const key of splitPointer(pointer)) {
    if (typeof member !== 'object' || member === null || !Object.hasOwn(member, key)) return undefined
    member = (member as Record<string, unknown>)[key]
  }
  return member
}

export function splitPointer(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'))
}

export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
