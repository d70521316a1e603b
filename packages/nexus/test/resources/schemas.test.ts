/** Schemas in external resources and scripts beside the file: written into the document. */
import { expect, test } from 'vitest'
import { setup, told } from './world.ts'

const head = "document: { dsl: '1.0.3', namespace: test, name: sample, version: '1.0.0' }\n"
const named = (endpoint: string): string => `{schema: {format: json, resource: {endpoint: ${endpoint}}}}`

test('schemas of the document, its tasks and its listeners are written into it', async () => {
  await using world = await setup({ 'order.json': '{"type": "object"}', 'item.yaml': 'type: string\n' })
  const order = named('./order.json')
  const { document, problems, resources } = await world.bundle(`${head}input: ${order}
output: ${named('{uri: ./item.yaml}')}
use: {functions: {f: {set: {x: 1}, input: ${order}}}}
do:
  - a: {set: {x: 1}, input: ${order}, output: ${order}, export: ${order}}
  - b: {listen: {to: {any: []}}, foreach: {do: [{c: {set: {x: 1}, input: ${order}}}], output: ${order}}}
`)
  expect(problems).toEqual([])
  const whole = { schema: { format: 'json', document: { type: 'object' } } }
  expect(document).toMatchObject({
    input: whole,
    output: { schema: { format: 'json', document: { type: 'string' } } },
    use: { functions: { f: { input: whole } } },
    do: [
      { a: { input: whole, output: whole, export: whole } },
      { b: { foreach: { do: [{ c: { input: whole } }], output: whole } } },
    ],
  })
  expect(JSON.stringify(document)).not.toContain('resource')
  expect(resources).toHaveLength(2)
})

test.each([
  ['is no schema', '{"type": "objekt"}', /invalid_resource .*schema\.json:1:10: .*Did you mean `object`/],
  ['is no JSON', '{"type": ', /invalid_resource .*schema\.json:1:/],
  ['is a page', '<!doctype html>', /invalid_resource/],
  [
    'leads elsewhere',
    '{"properties": {"a": {"$ref": "./address.json"}}}',
    /invalid_resource .*refers to `\.\/address\.json`/,
  ],
])('a schema that %s is refused where it is named', async (_what, text, expected) => {
  await using world = await setup({ 'schema.json': text })
  const bundled = await world.bundle(`${head}input: ${named('./schema.json')}\ndo: [{a: {set: {x: 1}}}]\n`)
  expect(bundled.document).toBeUndefined()
  expect(told(bundled)[0]).toMatch(expected)
  expect(told(bundled)[0]).toMatch(/^2:53 /)
})

test('a schema may refer to what it holds itself', async () => {
  const schema = {
    $id: 'https://a.test/root.json',
    $defs: { a: { $id: 'address.json', type: 'string' }, b: { enum: [{ $ref: 'data.json' }] } },
    properties: { a: { $ref: 'address.json' }, b: { $ref: '#/$defs/b' }, $ref: { type: 'string' } },
  }
  await using world = await setup({ 'schema.json': JSON.stringify(schema) })
  const { document } = await world.bundle(
    `${head}input: ${named('./schema.json')}\ndo: [{a: {set: {x: 1}}}]\n`,
  )
  expect(document?.input?.schema?.document).toEqual(schema)
})

test('a schema whose address is an expression is refused: it has no value yet', async () => {
  await using world = await setup()
  for (const endpoint of ["'${ .where }'", "'https://a.test/{which}.json'"]) {
    const [problem] = told(await world.bundle(`${head}input: ${named(endpoint)}\ndo: [{a: {set: {x: 1}}}]\n`))
    expect(problem).toMatch(/^2:53 address_not_fixed/)
  }
})

test('a script that stands beside its function is written into it; an absolute one is left to who runs it', async () => {
  await using world = await setup(
    {},
    {
      '/f/function.yaml':
        'do:\n  - a: {run: {script: {language: js, source: {endpoint: ./go.js}}}}\n  - b: {run: {script: {language: js, source: {endpoint: https://a.test/b.js}}}}\n',
      '/f/go.js': 'return 1\n',
    },
  )
  const bundled = await world.bundle(`${head}do: [{t: {call: '${world.url}/f/function.yaml'}}]\n`)
  expect(told(bundled)).toEqual([])
  expect(Object.values(bundled.document?.use?.functions ?? {})).toEqual([
    {
      do: [
        { a: { run: { script: { language: 'js', code: 'return 1\n' } } } },
        { b: { run: { script: { language: 'js', source: { endpoint: 'https://a.test/b.js' } } } } },
      ],
    },
  ])
})
