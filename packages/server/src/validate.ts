/**
 * Whether what was asked for is what its operation says: the same schemas that the OpenAPI document shows.
 */
import { takesBody, type BodyOf, type Operation, type ParamsOf, type QueryOf } from '@nexus/api'
import { NexusError, nearest, whyNotJson } from '@nexus/sdk'
import type { FastifyRequest } from 'fastify'
import type { TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { Convert } from 'typebox/value'

export interface AskedOf<Each extends Operation> {
  readonly params: ParamsOf<Each>
  readonly query: QueryOf<Each>
  readonly body: BodyOf<Each>
}

/** Throws `NexusError` `bad_request`, which names the place. */
export function validator<Each extends Operation>(each: Each): (request: FastifyRequest) => AskedOf<Each> {
  const params = checked('path', each.params)
  const query = checked('query', each.query)
  const body = checked('body', each.body)
  return (request) => {
    if (takesBody(each)) checkDepth(request.body)
    return {
      params: params(Convert(each.params, request.params)) as ParamsOf<Each>,
      query: query(Convert(each.query, request.query)) as QueryOf<Each>,
      body: body(takesBody(each) ? request.body : (request.body ?? {})) as BodyOf<Each>,
    }
  }
}

/** What is nested too deeply could not be recorded. */
function checkDepth(body: unknown): void {
  const why = whyNotJson(body ?? null)
  if (why !== undefined) throw new NexusError('bad_request', `body: ${why}.`)
}

function checked(where: string, schema: TSchema): (value: unknown) => unknown {
  const compiled = Compile(schema)
  return (value) => {
    if (compiled.Check(value)) return value
    throw new NexusError('bad_request', why(where, compiled.Errors(value), schema))
  }
}

type Found = ReturnType<ReturnType<typeof Compile>['Errors']>[number]

/** Errors that say more than those of the parts that they are made of. */
const telling: ReadonlySet<string> = new Set(['additionalProperties', 'oneOf'])

/** One sentence for the first thing that is wrong. */
function why(where: string, errors: readonly Found[], schema: TSchema): string {
  const whole = errors.find(({ keyword, instancePath }) => keyword === 'type' && instancePath === '')
  const error = whole ?? errors.find(({ keyword }) => telling.has(keyword)) ?? errors[0]
  if (!error) return `${where}: it is not valid. See: /docs`
  const place = `${where}${error.instancePath}`
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(place, error.params.additionalProperties[0] ?? '', partOf(schema, error.instancePath))
    case 'required':
      return `${place}: \`${error.params.requiredProperties.join('`, `')}\` is missing.`
    case 'oneOf':
      return `${place}: ${oneOf(schema)}`
    case 'enum':
      return `${place}: it must be one of ${error.params.allowedValues.map(String).join(', ')}.`
    default:
      return `${place}: it ${error.message}.`
  }
}

/** The schema of what stands at a path, as far as it is written in place. */
function partOf(schema: TSchema, path: string): TSchema {
  const keys = path.split('/').slice(1)
  return keys.reduce<TSchema>((part, key) => {
    const properties = 'properties' in part ? (part.properties as Record<string, TSchema>) : {}
    return properties[key] ?? {}
  }, schema)
}

function unknownKey(place: string, key: string, schema: TSchema): string {
  const known = Object.keys('properties' in schema ? (schema.properties as object) : {})
  const near = nearest(key, known)
  const hint = near === undefined ? `Known are: ${known.join(', ') || 'none'}.` : `Did you mean \`${near}\`?`
  return `${place}: there is no \`${key}\`. ${hint}`
}

/** The schemas use it for groups of keys of which one is wanted. */
function oneOf(schema: TSchema): string {
  const groups =
    'oneOf' in schema && Array.isArray(schema.oneOf) ? (schema.oneOf as { required?: string[] }[]) : []
  return `exactly one of \`${groups.flatMap(({ required = [] }) => required).join('`, `')}\` is wanted.`
}
