/** `call: openapi` checks values and answers against the schemas of the document, as far as the operator wants. */
import type { RequestListener } from 'node:http'
import { expect, test } from 'vitest'
import type { Json, JsonObject } from '@nexus/sdk'
import { jsonSchemaOf } from '../openapi/json_schema.ts'
import { faultOf, serve, setup } from './world.ts'

/** The three versions write the same operation in their own ways. */
function documentOf(version: '2.0' | '3.0' | '3.1'): JsonObject {
  const kind = version === '3.1' ? { type: ['string', 'null'] } : { type: 'string', nullable: true }
  const prefix = version === '2.0' ? '#/definitions' : '#/components/schemas'
  const pet = {
    type: 'object',
    required: ['id', 'name', 'secret'],
    properties: {
      id: { type: 'integer', format: 'int64', readOnly: true },
      name: { type: 'string', minLength: 1, pattern: '^[A-Z]?[a-z]*$' },
      secret: { type: 'string', writeOnly: true },
      kind,
      age: { type: 'number', ...bound(version) },
      friends: { type: 'array', items: { $ref: `${prefix}/Pet` } },
    },
  }
  const schema = { $ref: `${prefix}/Pet` }
  const limit = { type: 'integer', maximum: 100 }
  const parameters = [{ name: 'limit', in: 'query', ...(version === '2.0' ? limit : { schema: limit }) }]
  const operation =
    version === '2.0'
      ? {
          parameters: [...parameters, { name: 'pet', in: 'body', schema }],
          responses: { 200: { schema }, default: { schema: { type: 'array' } } },
        }
      : {
          parameters,
          requestBody: { content: { 'application/json': { schema } } },
          responses: { '2XX': { content: { 'application/*': { schema } } } },
        }
  const paths = { '/pets': { post: { operationId: 'add', ...operation } } }
  return version === '2.0'
    ? { swagger: '2.0', consumes: ['application/json'], definitions: { Pet: pet }, paths }
    : { openapi: `${version}.0`, components: { schemas: { Pet: pet } }, paths }
}

function bound(version: string): JsonObject {
  return version === '3.1' ? { exclusiveMinimum: 0 } : { minimum: 0, exclusiveMinimum: true }
}

async function world(document: JsonObject, answer: Json, config: JsonObject = {}) {
  let asked = 0
  const listener: RequestListener = (request, response) => {
    response.setHeader('content-type', 'application/json; charset=utf-8')
    if (request.url !== '/api.json') asked++
    response.end(JSON.stringify(request.url === '/api.json' ? document : answer))
  }
  const endpoint = `${await serve(listener)}/api.json`
  const { callOpenApi } = await setup({ config })
  const call = (parameters: JsonObject) =>
    callOpenApi({ document: { endpoint }, operationId: 'add', parameters })
  return { call, asked: () => asked }
}

const good = { name: 'Ada', secret: 's' }
const answered = { id: 1, name: 'Ada', kind: null, age: 0.5, friends: [{ id: 2, name: 'Eve' }] }

for (const version of ['2.0', '3.0', '3.1'] as const) {
  test(`in ${version}, what is as it should be goes through, and comes back`, async () => {
    const { call } = await world(documentOf(version), answered)
    expect(await call({ limit: 10, ...good })).toEqual(answered)
    expect(await call({ limit: '10', ...good, kind: null })).toEqual(answered)
  })

  test.for([
    [{ ...good, limit: 101 }, 'parameter "limit" does not match its schema: / must be <= 100'],
    [{ ...good, limit: '101' }, 'parameter "limit" does not match its schema'],
    [{ ...good, limit: 'many' }, 'parameter "limit" does not match its schema: / must be integer'],
    [{ ...good, limit: [1] }, 'parameter "limit" does not match its schema: / must be integer'],
    [{ name: 'Ada' }, 'the body does not match its schema: / must have required properties secret'],
    [
      { ...good, name: '' },
      'the body does not match its schema: /name must not have fewer than 1 characters',
    ],
    [{ ...good, name: 'a-b' }, 'the body does not match its schema: /name must match pattern'],
    [{ ...good, age: 0 }, 'the body does not match its schema: /age must be > 0'],
    [{ ...good, friends: [{ name: 7 }] }, 'the body does not match its schema: /friends/0'],
  ] as [JsonObject, string][])(
    `in ${version}, %j is refused before it is sent`,
    async ([parameters, why]) => {
      const { call, asked } = await world(documentOf(version), answered)
      const fault = await faultOf(call(parameters))
      expect(fault.error.type).toContain('validation')
      expect(fault.message).toContain(`Operation "add": ${why}`)
      expect(asked()).toBe(0)
    },
  )

  test.for([
    [{ name: 'Ada' }, '/ must have required properties id'],
    [{ id: 'x', name: 'Ada' }, '/id must be integer'],
    [{ id: 1, name: 'Ada', friends: [{ id: 2 }] }, '/friends/0 must have required properties name'],
    [[], '/ must be object'],
  ] as [Json, string][])(`in ${version}, the answer %j is a fault`, async ([answer, why]) => {
    const { call } = await world(documentOf(version), answer, { validate: 'both' })
    const fault = await faultOf(call(good))
    // A policy that retries communication does not have the effect twice.
    expect(fault.error.type).toContain('validation')
    expect(fault.message).toContain(`The answer to operation "add" (200) does not match its schema: ${why}`)
    expect(fault.message).toContain('The operation has had its effect')
  })
}

test.for([
  ['none', true, true],
  ['request', false, true],
  ['response', true, false],
  ['both', false, false],
] as const)(
  'with `validate: %s` bad values go: %s, bad answers come: %s',
  async ([validate, goes, comes]) => {
    const sending = await world(documentOf('3.0'), answered, { validate })
    const sent = sending.call({ ...good, limit: 101 }).then(() => true)
    expect(await sent.catch(() => false)).toBe(goes)
    const receiving = await world(documentOf('3.0'), { id: 'x' }, { validate })
    const received = receiving.call(good).then(() => true)
    expect(await received.catch(() => false)).toBe(comes)
  },
)

test('by default requests are checked, and answers are taken as they are', async () => {
  const { call } = await world(documentOf('3.0'), { id: 'x' })
  expect(await call(good)).toEqual({ id: 'x' })
  expect((await faultOf(call({ ...good, limit: 101 }))).error.type).toContain('validation')
})

test('an answer with a status or a type that is not described is taken as it is', async () => {
  const responses = { 201: { content: { 'text/csv': { schema: { type: 'integer' } } } } }
  const paths = { '/a': { get: { operationId: 'add', responses } } }
  const { call } = await world({ openapi: '3.0.0', paths }, { any: 1 })
  expect(await call({})).toEqual({ any: 1 })
})

test('what refers into another document, or to nothing, is not checked', async () => {
  const schema = {
    properties: { a: { $ref: 'other.json#/A' }, b: { $ref: '#/none' }, c: { type: 'integer' } },
  }
  const responses = { 200: { content: { 'application/json': { schema } } }, 404: { $ref: 'other.json#/R' } }
  const paths = { '/a': { get: { operationId: 'add', responses } } }
  const { call } = await world({ openapi: '3.0.0', paths }, { a: 1, b: 2, c: 3 })
  expect(await call({})).toEqual({ a: 1, b: 2, c: 3 })
})

/** Doubles with every level. */
function endlessUnion(levels: number): JsonObject {
  const both = (level: number): Json => ({ $ref: `#/components/schemas/S${level}` })
  const schemas = Array.from({ length: levels }, (_, level): [string, Json] => [
    `S${level}`,
    level === levels - 1 ? { type: 'string' } : { anyOf: [both(level + 1), both(level + 1)] },
  ])
  return Object.fromEntries(schemas)
}

test.for([
  ['a pattern', { name: { type: 'string', pattern: '^(a+)+$' } }, {}],
  ['names by a pattern', { name: { type: 'object', patternProperties: { '^(a+)+$': {} } } }, {}],
  ['a union', { name: { $ref: '#/components/schemas/S0' } }, endlessUnion(60)],
] as [string, JsonObject, JsonObject][])(
  'a check by %s that would go on for ever ends, and nothing else waits for it for long',
  async ([, properties, schemas]) => {
    const requestBody = { content: { 'application/json': { schema: { type: 'object', properties } } } }
    const paths = { '/a': { post: { operationId: 'add', requestBody } } }
    const { call, asked } = await world({ openapi: '3.0.0', components: { schemas }, paths }, {})
    const endless = `${'a'.repeat(40)}!`
    const name =
      'patternProperties' in Object(properties['name']) ? { [endless]: 1 } : schemas['S0'] ? 1 : endless
    const began = performance.now()
    const { error } = await faultOf(call({ name }))
    expect(performance.now() - began).toBeLessThan(5_000)
    expect(error.type).toContain('configuration')
    expect(error.detail).toContain('takes more than 1000 ms to be checked')
    expect(asked()).toBe(0)
  },
)

test.for([
  [String.raw`^[\w\-]+$`, true],
  [String.raw`^a\_b\@c$`, true],
  ['^[', false],
] as const)('the pattern %s is used: %s', ([pattern, isUsed]) => {
  expect(JSON.stringify(jsonSchemaOf({}, { pattern }, 'response')).includes('pattern')).toBe(isUsed)
})

test('names that a pattern allows are no additional ones, also where the pattern is none here', () => {
  const schema = { patternProperties: { '^x-': {} }, additionalProperties: false }
  expect(jsonSchemaOf({}, schema, 'request')).toEqual({
    allOf: [{ patternProperties: { '^x-': {} }, additionalProperties: false }],
    $defs: {},
  })
  const broken = { patternProperties: { '^[': {} }, additionalProperties: false }
  expect(jsonSchemaOf({}, broken, 'request')).toEqual({ allOf: [{}], $defs: {} })
  expect(jsonSchemaOf({}, { additionalProperties: false }, 'request')).toEqual({
    allOf: [{ additionalProperties: false }],
    $defs: {},
  })
})
