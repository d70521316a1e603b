/**
 * The OpenAPI 3.1 document, made of the operations and their schemas. A schema that has a title is told once, under
 * `components`. It changes nothing and knows no server.
 */
import type { Json, JsonObject } from '@nexus/sdk'
import { isJsonObject } from '@nexus/sdk'
import { takesBody, type Operation } from './operation.ts'
import { Problem, problemMediaType } from './schema/problem.ts'

export interface OpenApiOptions {
  readonly version: string
  /** By group and name; the operation's id is made of both. */
  readonly operations: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  /** Whether a token is asked for. */
  readonly secured: boolean
}

export function openApi({ version, operations, secured }: OpenApiOptions): JsonObject {
  const schemas: Record<string, Json> = {}
  const name = (schema: object): Json => nameSchemas(schema, schemas)
  const paths: Record<string, Record<string, Json>> = {}
  for (const [group, members] of Object.entries(operations)) {
    for (const [id, each] of Object.entries(members)) {
      const described = { operationId: `${group}.${id}`, ...describe(each, name) }
      paths[each.path] = { ...paths[each.path], [each.method.toLowerCase()]: described }
    }
  }
  const scheme = { type: 'http', scheme: 'bearer' }
  return {
    openapi: '3.1.1',
    info: { title: 'Nexus', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    paths,
    components: { schemas, ...(secured && { securitySchemes: { token: scheme } }) },
    ...(secured && { security: [{ token: [] }] }),
  }
}

function describe(each: Operation, name: (schema: object) => Json): JsonObject {
  const { summary, description, tag, answer, others, errors, open } = each
  const content = { [answer.media]: { schema: name(answer.schema) } }
  const alike = Object.entries(others).map(([status, says]) => [
    status,
    { description: says, ...(status !== '204' && { content }) },
  ])
  const faults = Object.entries({ 400: 'The request is not valid.', ...errors }).map(([status, says]) => [
    status,
    problem(says, name),
  ])
  return {
    summary,
    ...(description !== undefined && { description }),
    tags: [tag],
    ...(open && { security: [] }),
    parameters: [...parameters(each, 'path', name), ...parameters(each, 'query', name)],
    ...(takesBody(each) && {
      requestBody: { required: true, content: { 'application/json': { schema: name(each.body) } } },
    }),
    responses: {
      ...Object.fromEntries([...alike, ...faults]),
      [answer.status]: { description: answer.description, content },
      default: problem('Something else is wrong.', name),
    },
  }
}

function problem(description: string, name: (schema: object) => Json): JsonObject {
  return { description, content: { [problemMediaType]: { schema: name(Problem) } } }
}

function parameters(each: Operation, where: 'path' | 'query', name: (schema: object) => Json): Json[] {
  const schema = plain(where === 'path' ? each.params : each.query)
  if (!isJsonObject(schema) || !isJsonObject(schema['properties'])) return []
  const required = Array.isArray(schema['required']) ? schema['required'] : []
  return Object.entries(schema['properties']).map(([key, value]) => ({
    name: key,
    in: where,
    required: required.includes(key),
    ...(isJsonObject(value) &&
      typeof value['description'] === 'string' && { description: value['description'] }),
    schema: isJsonObject(value) ? name(value) : true,
  }))
}

/** Moves what has a title to the schemas, and refers to it there. */
function nameSchemas(schema: object, schemas: Record<string, Json>): Json {
  const walk = (value: Json): Json => {
    if (Array.isArray(value)) return value.map(walk)
    if (!isJsonObject(value)) return value
    const walked = Object.fromEntries(Object.entries(value).map(([key, member]) => [key, walk(member)]))
    const { title } = value
    if (typeof title !== 'string') return walked
    schemas[title] = walked
    return { $ref: `#/components/schemas/${title}` }
  }
  return walk(plain(schema))
}

/** What of a schema is JSON. */
function plain(schema: object): Json {
  return JSON.parse(JSON.stringify(schema)) as Json
}
