/**
 * Whether a JSON Schema inside a document is one, as far as that can be told without using it: keywords have values
 * of their types, patterns are regular expressions, references inside the schema lead somewhere.
 */
import { isJsonObject, type Json, type JsonObject, nearest } from '@nexus/sdk'
import { nameList } from '../suggestion.ts'
import { memberPointer, pointerKeys } from '../pointers.ts'
import type { SchemaSite } from '../shape/findings.ts'
import { found } from '../shape/phrases.ts'
import type { Report } from '../source/report.ts'

export function checkJsonSchemas(sites: readonly SchemaSite[], report: Report): void {
  for (const { schema, pointer } of sites) visit(schema, { pointer, root: schema, report })
}

interface At {
  readonly pointer: string
  readonly root: Json
  readonly report: Report
}

type Check = (value: Json, at: At) => void

function visit(schema: Json, at: At): void {
  if (typeof schema === 'boolean') return
  if (!isJsonObject(schema)) return wrong(at, 'a JSON Schema (an object, true or false)', schema)
  for (const [key, value] of Object.entries(schema)) {
    const inner = { ...at, pointer: memberPointer(at.pointer, key) }
    const check = Object.hasOwn(keywords, key) ? keywords[key] : undefined
    if (check) check(value, inner)
    else warnUnknown(key, schema, inner)
  }
}

function wrong(at: At, expected: string, value: Json): void {
  at.report.on(at.pointer, 'value', {
    code: 'invalid_schema',
    message: `In a JSON Schema \`${pointerKeys(at.pointer).at(-1)}\` must be ${expected}; found ${found(value)}.`,
  })
}

function warnUnknown(key: string, schema: JsonObject, at: At): void {
  const near = nearest(key, Object.keys(keywords))
  if (near === undefined || near.length < 4 || near in schema || key.startsWith('x-')) return
  at.report.on(at.pointer, 'key', {
    severity: 'warning',
    code: 'unknown_key',
    message: `\`${key}\` is not a keyword of JSON Schema.`,
    hint: `Did you mean \`${near}\`?`,
  })
}

const typeNames = ['null', 'boolean', 'object', 'array', 'number', 'string', 'integer']

const types: Check = (value, at) => {
  const names = Array.isArray(value) ? value : [value]
  const bad = (names as readonly Json[]).find((name) => typeof name !== 'string' || !typeNames.includes(name))
  if (bad === undefined) return
  const near = typeof bad === 'string' ? nearest(bad, typeNames) : undefined
  at.report.on(at.pointer, 'value', {
    code: 'invalid_schema',
    message: `In a JSON Schema \`type\` must be one of ${nameList(typeNames)}; found ${found(bad)}.`,
    hint: near === undefined ? undefined : `Did you mean \`${near}\`?`,
  })
}

const schemas: Check = (value, at) => {
  if (!isJsonObject(value)) return wrong(at, 'an object of schemas', value)
  for (const [key, member] of Object.entries(value))
    visit(member, { ...at, pointer: memberPointer(at.pointer, key) })
}

const schemaList: Check = (value, at) => {
  if (!Array.isArray(value) || value.length === 0) return wrong(at, 'a list of schemas', value)
  for (const [index, member] of (value as readonly Json[]).entries()) {
    visit(member, { ...at, pointer: memberPointer(at.pointer, index) })
  }
}

const schemaOrList: Check = (value, at) => (Array.isArray(value) ? schemaList(value, at) : visit(value, at))

const texts: Check = (value, at) => {
  const isTexts = Array.isArray(value) && value.every((item) => typeof item === 'string')
  if (!isTexts) wrong(at, 'a list of texts', value)
}

const list: Check = (value, at) => {
  if (!Array.isArray(value)) wrong(at, 'a list', value)
}

const number: Check = (value, at) => {
  if (typeof value !== 'number') wrong(at, 'a number', value)
}

const count: Check = (value, at) => {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0)
    wrong(at, 'a whole number from 0', value)
}

const bool: Check = (value, at) => {
  if (typeof value !== 'boolean') wrong(at, 'true or false', value)
}

const text: Check = (value, at) => {
  if (typeof value !== 'string') wrong(at, 'a text', value)
}

const pattern: Check = (value, at) => {
  if (typeof value !== 'string') return wrong(at, 'a text', value)
  try {
    RegExp(value, 'u')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    at.report.on(at.pointer, 'value', {
      code: 'invalid_schema',
      message: `The pattern is not a regular expression: ${reason}.`,
    })
  }
}

const localReference: Check = (value, at) => {
  if (typeof value !== 'string') return wrong(at, 'a text', value)
  if (!value.startsWith('#/') && value !== '#') return
  let target: Json | undefined = at.root
  for (const key of pointerKeys(value.slice(1))) {
    target = typeof target === 'object' && target !== null ? (target as JsonObject)[decoded(key)] : undefined
  }
  if (target !== undefined) return
  at.report.on(at.pointer, 'value', {
    code: 'invalid_schema',
    message: `\`${value}\` leads nowhere in this schema.`,
  })
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

const anything: Check = () => {}

const keywords: Readonly<Record<string, Check>> = {
  type: types,
  properties: schemas,
  patternProperties: schemas,
  $defs: schemas,
  definitions: schemas,
  dependentSchemas: schemas,
  additionalProperties: visit,
  unevaluatedProperties: visit,
  propertyNames: visit,
  items: schemaOrList,
  prefixItems: schemaList,
  additionalItems: visit,
  unevaluatedItems: visit,
  contains: visit,
  not: visit,
  if: visit,
  // oxlint-disable-next-line unicorn/no-thenable -- `then` is a keyword of JSON Schema.
  then: visit,
  else: visit,
  allOf: schemaList,
  anyOf: schemaList,
  oneOf: schemaList,
  required: texts,
  enum: list,
  const: anything,
  default: anything,
  examples: anything,
  example: anything,
  minimum: number,
  maximum: number,
  exclusiveMinimum: anything,
  exclusiveMaximum: anything,
  multipleOf: number,
  minLength: count,
  maxLength: count,
  minItems: count,
  maxItems: count,
  minProperties: count,
  maxProperties: count,
  minContains: count,
  maxContains: count,
  uniqueItems: bool,
  readOnly: bool,
  writeOnly: bool,
  deprecated: bool,
  title: text,
  description: text,
  $comment: text,
  $schema: text,
  $id: text,
  $anchor: text,
  $dynamicRef: text,
  $dynamicAnchor: text,
  $vocabulary: anything,
  format: text,
  contentEncoding: text,
  contentMediaType: text,
  contentSchema: visit,
  dependentRequired: anything,
  dependencies: anything,
  pattern,
  $ref: localReference,
}
