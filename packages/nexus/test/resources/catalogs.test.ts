/** Functions of catalogs: found in folders and on servers, with all that they need themselves. */
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { parseWorkflow } from '@nexus/workflow'
import { openNexus } from '../../src/index.ts'
import { join } from 'node:path'
import { calling, catalogAt, setup, told } from './world.ts'

const greet = `set: {greeting: '\${ "Hello \\(.name)" }'}\n`

test('a function of a catalog becomes a function of the document, under the name that is called', async () => {
  await using world = await setup({ 'catalog/functions/greet/1.0.0/function.yaml': greet })
  const bundled = await world.bundle(calling('greet:1.0.0@shared', { use: catalogAt('./catalog') }))
  expect(told(bundled)).toEqual([])
  expect(bundled.document?.use?.functions).toEqual({
    'greet:1.0.0@shared': { set: { greeting: '${ "Hello \\(.name)" }' } },
  })
  expect(bundled.resources).toEqual([
    {
      uri: pathToFileURL(join(world.folder, 'catalog/functions/greet/1.0.0/function.yaml')).href,
      digest: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    },
  ])
})

test('a document that needs nothing from outside comes back as it is', async () => {
  await using world = await setup()
  const text = calling('helper', { use: `functions: {helper: {set: {x: 1}}}, ${catalogAt('./nowhere')}` })
  const bundled = await world.bundle(text)
  expect(bundled).toMatchObject({ problems: [], resources: [], selfContained: text, text })
  expect(bundled.document).toEqual(parseWorkflow(text).document)
})

test('what is kept with a run needs nothing more: bundling it again gives the same', async () => {
  await using world = await setup({ 'catalog/functions/greet/1.0.0/function.yaml': greet })
  const { selfContained, document } = await world.bundle(
    calling('greet:1.0.0@shared', { use: catalogAt('./catalog') }),
  )
  const again = await world.bundle(selfContained, {
    base: undefined,
    fetcher: () => Promise.reject(new Error('asked')),
  })
  expect(again).toMatchObject({ document, resources: [], selfContained })
})

test('a function that the document declares under the same name is the one that is called', async () => {
  await using world = await setup({ 'catalog/functions/greet/1.0.0/function.yaml': greet })
  const use = `functions: {'greet:1.0.0@shared': {set: {own: true}}}, ${catalogAt('./catalog')}`
  const { document, resources } = await world.bundle(calling('greet:1.0.0@shared', { use }))
  expect(document?.use?.functions?.['greet:1.0.0@shared']).toEqual({ set: { own: true } })
  expect(resources).toEqual([])
})

test('it is also the one that a function of the catalog calls', async () => {
  await using world = await setup({
    'catalog/functions/greet/1.0.0/function.yaml': greet,
    'catalog/functions/outer/1.0.0/function.yaml': 'do: [{go: {call: greet:1.0.0@shared}}]\n',
  })
  const use = `functions: {'greet:1.0.0@shared': {set: {own: true}}}, ${catalogAt('./catalog')}`
  const { document, resources } = await world.bundle(calling('outer:1.0.0@shared', { use }))
  expect(document?.use?.functions?.['greet:1.0.0@shared']).toEqual({ set: { own: true } })
  expect(resources).toHaveLength(1)
})

test('functions that a function calls come too, wherever they are called, each once', async () => {
  await using world = await setup({
    'a/functions/outer/1.0.0/function.yaml':
      'fork:\n  branches:\n    - left: {call: inner:2.1.0@b}\n    - right: {call: inner:2.1.0@b}\n',
    'b/functions/inner/2.1.0/function.yaml': 'do:\n  - back: {call: outer:1.0.0@a, if: .again}\n',
  })
  const use = `catalogs: {a: {endpoint: ./a}, b: {endpoint: ./b}}`
  const bundled = await world.bundle(calling('outer:1.0.0@a', { use }))
  expect(told(bundled)).toEqual([])
  expect(Object.keys(bundled.document?.use?.functions ?? {})).toEqual(['outer:1.0.0@a', 'inner:2.1.0@b'])
  expect(bundled.resources).toHaveLength(2)
})

test('a function that calls itself through its catalog is fetched once', async () => {
  await using world = await setup({
    'catalog/functions/loop/1.0.0/function.yaml': 'do: [{again: {call: loop:1.0.0@shared, if: .more}}]\n',
  })
  const bundled = await world.bundle(calling('loop:1.0.0@shared', { use: catalogAt('./catalog') }))
  expect(bundled).toMatchObject({ problems: [], resources: [{}] })
})

test('calls in functions, extensions and lists inside tasks are found as well', async () => {
  await using world = await setup({ 'catalog/functions/greet/1.0.0/function.yaml': greet })
  const call = '{call: greet:1.0.0@default}'
  for (const use of [`functions: {f: ${call}}`, `extensions: [{e: {extend: set, before: [{b: ${call}}]}}]`]) {
    const { resources } = await world.bundle(calling('f', { use }), {
      defaultCatalog: join(world.folder, 'catalog'),
    })
    expect(resources).toHaveLength(1)
  }
})

test('the default catalog needs no declaration, and a declared one takes its place', async () => {
  await using world = await setup({
    'own/functions/greet/1.0.0/function.yaml': 'set: {from: runtime}\n',
    'other/functions/greet/1.0.0/function.yaml': 'set: {from: document}\n',
  })
  const defaultCatalog = join(world.folder, 'own')
  const functionOf = async (use?: string) => {
    const text = calling('greet:1.0.0@default', use === undefined ? {} : { use })
    return (await world.bundle(text, { defaultCatalog })).document?.use?.functions
  }
  expect(await functionOf()).toEqual({ 'greet:1.0.0@default': { set: { from: 'runtime' } } })
  expect(await functionOf(catalogAt('./other', 'default'))).toEqual({
    'greet:1.0.0@default': { set: { from: 'document' } },
  })
})

test('without a default catalog that is said', async () => {
  await using world = await setup()
  const bundled = await world.bundle(calling('greet:1.0.0@default'))
  expect(bundled.document).toBeUndefined()
  expect(told(bundled)[0]).toMatch(/^6:13 unknown_reference This Nexus has no default catalog\./)
  const [problem] = told(await world.bundle(calling('greet:1.0.0@default'), { defaultCatalog: 'https://' }))
  expect(problem).toMatch(/^6:13 address_not_absolute The default catalog `https:\/\/` is no address\./)
})

test('a catalog on a server is read from its root, also with a slash at its end', async () => {
  await using world = await setup({}, { '/shop/functions/greet/1.0.0/function.yaml': greet })
  for (const root of [`${world.url}/shop`, `${world.url}/shop/`]) {
    const bundled = await world.bundle(calling('greet:1.0.0@shared', { use: catalogAt(root) }))
    expect(bundled.resources[0]?.uri).toBe(`${world.url}/shop/functions/greet/1.0.0/function.yaml`)
  }
})

test('a version that a folder does not have is answered with those that it has', async () => {
  await using world = await setup({
    'catalog/functions/greet/1.10.0/function.yaml': greet,
    'catalog/functions/greet/1.9.0/function.yaml': greet,
    'catalog/functions/greet/2.0.0/README.md': '',
  })
  const problemOf = async (call: string) =>
    told(await world.bundle(calling(call, { use: catalogAt('./catalog') })))[0]
  expect(await problemOf('greet:3.0.0@shared')).toMatch(
    /^6:13 unknown_function .*greet\/3\.0\.0\/function\.yaml could not be read: there is no such file\. `greet` is there in `1\.9\.0`, `1\.10\.0`, `2\.0\.0`\.$/,
  )
  expect(await problemOf('greet:2.0.0@shared')).toContain('The folder of version 2.0.0 has no function.yaml.')
  expect(await problemOf('great:1.9.0@shared')).toContain('Did you mean `greet`?')
  expect(await problemOf('unheard-of:1.0.0@shared')).toContain('There are `greet`.')
})

test('what is wrong in a function is told with its place in its file, and the place that calls it', async () => {
  await using world = await setup({
    'catalog/functions/broken/1.0.0/function.yaml': 'do:\n  - first:\n      rnu: {shell: {command: ls}}\n',
    'catalog/functions/outer/1.0.0/function.yaml': 'do:\n  - go:\n      call: broken:1.0.0@shared\n',
  })
  const use = catalogAt('./catalog')
  const [problem = ''] = told(await world.bundle(calling('broken:1.0.0@shared', { use })))
  expect(problem).toContain('6:13 invalid_resource The function `broken:1.0.0@shared` cannot be used: ')
  expect(problem).toMatch(/broken\/1\.0\.0\/function\.yaml:3:7: `rnu` is not a kind.*Did you mean `run`\?/)
  const [nested = ''] = told(await world.bundle(calling('outer:1.0.0@shared', { use })))
  expect(nested).toMatch(/^6:13 .*It is asked for at .*outer\/1\.0\.0\/function\.yaml:3:13\./)
})

test('a catalog that a function names must be declared in the document', async () => {
  await using world = await setup({
    'catalog/functions/outer/1.0.0/function.yaml': 'do: [{go: {call: other:1.0.0@elsewhere}}]\n',
  })
  const [problem] = told(await world.bundle(calling('outer:1.0.0@shared', { use: catalogAt('./catalog') })))
  expect(problem).toMatch(/function\.yaml:1:18: There is no catalog `elsewhere`.*There are: `shared`\./)
})

test('a part of a function that came from a catalog is placed where it was asked for', async () => {
  await using world = await setup({ 'catalog/functions/greet/1.0.0/function.yaml': greet })
  const bundled = await world.bundle(calling(['x', 'greet:1.0.0@shared'], { use: catalogAt('./catalog') }))
  expect(bundled.positionOf('/use/functions/greet:1.0.0@shared/set/greeting').start).toMatchObject({
    line: 8,
    column: 13,
  })
  expect(bundled.positionOf('/do/0/call0/call').start).toMatchObject({ line: 6, column: 13 })
})

test('a bundled document runs, function of the catalog and all', async () => {
  await using world = await setup({
    'catalog/functions/greet/1.0.0/function.yaml':
      'input: {schema: {resource: {endpoint: ./input.json}}}\ndo:\n  - ask: {call: name:1.0.0@default}\n  - say: {set: {greeting: \'${ "Hello \\(.name)" }\'}}\n',
    'catalog/functions/greet/1.0.0/input.json': '{"type": "object"}',
    'catalog/functions/name/1.0.0/function.yaml': 'set: {name: Ada}\n',
  })
  const nexus = await openNexus({ data: join(world.folder, 'data') })
  try {
    const { selfContained, problems } = await world.bundle(calling('greet:1.0.0@default'), {
      defaultCatalog: join(world.folder, 'catalog'),
    })
    expect(problems).toEqual([])
    const run = await nexus.run(nexus.check(selfContained), {})
    expect(await run.ended).toMatchObject({ status: 'completed', output: { greeting: 'Hello Ada' } })
  } finally {
    await nexus.close()
  }
})
