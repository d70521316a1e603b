/**
 * Checks the values of a request, and the answer, against the schemas of their operation, as far as the operator wants
 * that. What breaks one is a validation fault: of a request before anything is sent, of an answer after its effect. It
 * takes no longer than a moment, whatever the document says.
 */
import { isBlobReference, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { Compile, type Validator } from 'typebox/schema'
import { contentOf } from '../answer.ts'
import type { Answer } from '../send.ts'
import { jsonSchemaOf, type Direction } from './json_schema.ts'
import type { Body, Operation, Parameter } from './operation.ts'
import { forAtMost, TookTooLong } from './time_limit.ts'

/** What a request is checked by, before it is made. */
export interface RequestCheck {
  parameter(parameter: Parameter, value: Json): void
  body(body: Body, value: Json): void
}

export function requestCheck({ id }: Operation, root: JsonObject): RequestCheck {
  const refuse = (what: string, why: string): never => {
    const hint =
      'The document of the service says so; `validate` in the configuration says whether that counts.'
    throw TaskFault.of('validation', `Operation "${id}": ${what} ${why}. ${hint}`)
  }
  return {
    parameter({ name, schema, isJson }, value) {
      if (schema === undefined) return
      // Outside of JSON a number and its text are sent alike, so that either may be given.
      const candidates = isJson ? [value] : alike(value)
      const whys = candidates.map((candidate) =>
        whyNot(root, schema, { value: candidate, direction: 'request' }),
      )
      if (whys.every((why) => why !== undefined)) refuse(`parameter "${name}"`, whys[0] ?? '')
    },
    body({ schema, mediaType }, value) {
      if (schema === undefined || isBlobReference(value) || !isJson(mediaType)) return
      const why = whyNot(root, schema, { value, direction: 'request' })
      if (why !== undefined) refuse('the body', why)
    },
  }
}

/** An answer whose status or type the document does not describe is taken as it is. */
export function checkResponse({ id, responses }: Operation, root: JsonObject, answer: Answer): void {
  const type = answer.headers['content-type'] ?? ''
  if (answer.body.length === 0 || !isJson(type)) return
  const described = [String(answer.status), `${String(answer.status)[0]}XX`, 'default']
    .map((status) => responses.find((response) => response.status.toUpperCase() === status.toUpperCase()))
    .find((response) => response !== undefined)
  const schema = described?.schemas.find(([mediaType]) => covers(mediaType, type))?.[1]
  if (schema === undefined) return
  const why = whyNot(root, schema, { value: contentOf(answer), direction: 'response' })
  if (why === undefined) return
  // No fault of communication, which is what policies of retries are for: another try would have the effect twice.
  const detail = `The answer to operation "${id}" (${answer.status}) ${why}. The operation has had its effect; the service breaks its own document. \`validate: request\` in the configuration takes such answers as they are.`
  throw TaskFault.of('validation', detail)
}

function isJson(mediaType: string): boolean {
  return /^[^;]*[/+]json\s*(?:;|$)|\*/i.test(mediaType)
}

/** Whether a type, or a pattern of types, of a document is that of an answer. */
function covers(pattern: string, type: string): boolean {
  const [own = '', asked = ''] = [pattern, type].map((text) =>
    (text.split(';')[0] ?? '').trim().toLowerCase(),
  )
  return own === '*/*' || own === asked || (own.endsWith('/*') && asked.startsWith(own.slice(0, -1)))
}

function alike(value: Json): readonly Json[] {
  if (typeof value === 'number' || typeof value === 'boolean') return [value, String(value)]
  if (Array.isArray(value)) return [value, value.map((item: Json) => alike(item)[1] ?? item), value.map(read)]
  return typeof value === 'string' ? [value, read(value)] : [value]
}

/** The number or flag that a text is. */
function read(value: Json): Json {
  if (value === 'true' || value === 'false') return value === 'true'
  return typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value
}

const shownMax = 3
/** Long enough for values of many MB. */
const checkMsMax = 1_000
/** By schema as written, then by direction. They live as long as the document. */
const validators = new WeakMap<object, Map<Direction, Validator>>()

/** In words that follow the name of what is checked; undefined where nothing is wrong. */
function whyNot(
  root: JsonObject,
  schema: Json,
  { value, direction }: { value: Json; direction: Direction },
): string | undefined {
  try {
    return forAtMost(checkMsMax, () => compare(validatorOf(root, schema, direction), value))
  } catch (error) {
    if (error instanceof RangeError) return 'is nested too deeply to be checked'
    if (!(error instanceof TookTooLong)) throw error
    const detail = `A schema of the OpenAPI document takes more than ${checkMsMax} ms to be checked. \`validate: none\` in the configuration does without.`
    throw TaskFault.of('configuration', detail, { cause: error })
  }
}

function compare(validator: Validator, value: Json): string | undefined {
  if (validator.Check(value)) return undefined
  const [, errors] = validator.Errors(value)
  const telling = errors.filter(({ keyword }) => keyword !== 'boolean')
  const shown = telling
    .slice(0, shownMax)
    .map(({ instancePath, message }) => `${instancePath || '/'} ${message}`)
  return `does not match its schema: ${shown.join('; ')}${telling.length > shownMax ? '; and more' : ''}`
}

function validatorOf(root: JsonObject, schema: Json, direction: Direction): Validator {
  const key = typeof schema === 'object' && schema !== null ? schema : {}
  const known = validators.get(key) ?? new Map<Direction, Validator>()
  validators.set(key, known)
  const validator = known.get(direction) ?? compiled(jsonSchemaOf(root, schema, direction))
  known.set(direction, validator)
  return validator
}

function compiled(schema: JsonObject): Validator {
  try {
    return Compile(schema)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    const detail = `A schema of the OpenAPI document cannot be used: ${why}. \`validate: none\` in the configuration does without.`
    throw TaskFault.of('configuration', detail, { cause: error })
  }
}
