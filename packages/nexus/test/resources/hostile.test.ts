/** What comes from outside may be anything: it costs a bounded amount, and is refused with a word about why. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseWorkflow } from '@nexus/workflow'
import { expect, test } from 'vitest'
import { resourceBytesMax } from '../../src/resources/fetcher.ts'
import { resourcesMax } from '../../src/resources/resource_reader.ts'
import { functionTarget, originOfDocument } from '../../src/resources/target.ts'
import { calling, catalogAt, setup, told } from './world.ts'

const functionFile = 'catalog/functions/f/1.0.0/function.yaml'
const callsIt = calling('f:1.0.0@shared', { use: catalogAt('./catalog') })

test.each([
  ['is no YAML', 'do: [', /yaml_syntax|function\.yaml:1:/],
  ['is a list', '- set: {x: 1}\n', /must be an object; found a list/],
  ['is a text', 'hello\n', /must be an object; found the text "hello"/],
  ['is empty', '', /The file is empty\./],
  ['has two kinds', 'set: {x: 1}\nwait: PT1S\n', /2:1: .* of two kinds at once: `set` and `wait`/],
  ['is a whole workflow', callsIt, /`document` is not a key of this do task/],
  ['holds itself by an alias', '&a {do: [{b: *a}]}\n', /holds itself/],
  ['explodes', `do:\n${bomb()}`, /more than 200000 values/],
  ['is nested deeply', `set: {x: ${'['.repeat(300)}${']'.repeat(300)}}\n`, /nested deeper than 200 levels/],
  ['would change prototypes', 'set: {__proto__: {x: 1}}\n', /`__proto__` is not allowed/],
  ['holds a NUL', 'set: {x: "\0"}\n', /NUL character/],
])('a function whose file %s is refused', async (_what, text, expected) => {
  await using world = await setup({ [functionFile]: text })
  const bundled = await world.bundle(callsIt)
  expect(bundled.document).toBeUndefined()
  expect(told(bundled)[0]).toMatch(/^6:13 invalid_resource The function `f:1\.0\.0@shared` cannot be used: /)
  expect(told(bundled)[0]).toMatch(expected)
})

function bomb(): string {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const inner = level === 0 ? '1' : `*a${level - 1}`
    return `  - t${level}: {set: {x: &a${level} [${Array.from({ length: 9 }, () => inner).join(', ')}]}}`
  })
  return levels.join('\n')
}

test('a file that is wrong everywhere is told of a few times only', async () => {
  const tasks = Array.from({ length: 50 }, (_, index) => `  - t${index}: {sett: {x: 1}}`)
  await using world = await setup({ [functionFile]: `do:\n${tasks.join('\n')}\n` })
  expect(told(await world.bundle(callsIt))).toHaveLength(5)
})

test.each([
  ['../../x:1.0.0@shared', /^6:13 invalid_function_name `\.\.\/\.\.\/x` cannot be the name of a function/],
  ['x:../../secret@shared', /^6:13 invalid_function_name `\.\.\/\.\.\/secret` is not a semantic version/],
  ['f:1.0.0%2f@shared', /^6:13 invalid_function_name/],
  ['f@shared', /^6:13 invalid_function_name .*NAME:VERSION@CATALOG/],
])('%s leads nowhere', async (call, expected) => {
  await using world = await setup({
    [functionFile]: 'set: {x: 1}\n',
    'x/1.0.0/function.yaml': 'set: {escaped: true}\n',
    'secret/function.yaml': 'set: {escaped: true}\n',
  })
  const bundled = await world.bundle(calling(call, { use: catalogAt('./catalog') }))
  expect(bundled).toMatchObject({ resources: [] })
  expect(told(bundled)[0]).toMatch(expected)
})

test('a catalog that is not declared is answered with those that are', async () => {
  await using world = await setup()
  const use = 'catalogs: {alpha: {endpoint: ./a}, beta: {endpoint: ./b}}'
  const [problem] = told(await world.bundle(calling('f:1.0.0@elsewhere', { use })))
  expect(problem).toMatch(/^6:13 unknown_reference There is no catalog `elsewhere`.*`alpha`, `beta`/)
  expect(told(await world.bundle(calling('f:1.0.0@alpa', { use })))[0]).toContain('Did you mean `alpha`?')
})

test('what is not found on a server is told with the address and the answer', async () => {
  await using world = await setup()
  const [problem] = told(await world.bundle(calling('f:1.0.0@shared', { use: catalogAt(`${world.url}/a`) })))
  expect(problem).toMatch(
    /^6:13 unknown_function http:\/\/127\.0\.0\.1:\d+\/a\/functions\/f\/1\.0\.0\/function\.yaml could not be read: GET .* answered 404\.$/,
  )
  const [byUri] = told(await world.bundle(calling(`${world.url}/f.yaml`)))
  expect(byUri).toMatch(/^6:13 resource_unreadable .*answered 404/)
})

test('20 MB are not read, from a file or from a server', async () => {
  await using world = await setup()
  const large = `set: {x: "${'x'.repeat(2 * resourceBytesMax)}"}\n`
  world.write(functionFile, large)
  expect(told(await world.bundle(callsIt))[0]).toMatch(/resource_unreadable .*it is larger than 10 MB\./)
  world.web['/f.yaml'] = large
  expect(told(await world.bundle(calling(`${world.url}/f.yaml`)))[0]).toMatch(/it is larger than 10 MB\./)
  expect(await world.pins.list()).toEqual([])
})

test('what would be too large together is refused before the run, not at its restart', async () => {
  const code = 'x'.repeat(3 * 1024 * 1024)
  const names = ['a', 'b', 'c']
  const files = names.map((name) => [`catalog/functions/${name}/1.0.0/function.yaml`, `set: {x: ${code}}\n`])
  await using world = await setup(Object.fromEntries(files) as Record<string, string>)
  const text = calling(
    names.map((name) => `${name}:1.0.0@shared`),
    { use: catalogAt('./catalog') },
  )
  const bundled = await world.bundle(text)
  expect(bundled.document).toBeUndefined()
  expect(told(bundled)[0]).toMatch(/bundle_too_large .*more than 8388608 characters/)
})

test('functions that go on calling further ones come to an end', async () => {
  await using world = await setup()
  const server = createServer((request, response) => {
    const next = Number(request.url?.slice(1).replace('.yaml', '')) + 1
    response.end(`do: [{go: {call: ./${next}.yaml}}]\n`)
  })
  await new Promise<void>((ready) => void server.listen(0, '127.0.0.1', ready))
  try {
    const { port } = server.address() as AddressInfo
    const bundled = await world.bundle(calling(`http://127.0.0.1:${port}/1.yaml`))
    expect(bundled.resources).toHaveLength(resourcesMax)
    expect(told(bundled)).toEqual([
      expect.stringMatching(/^6:13 too_many_resources The document needs more than 200 resources/),
    ])
  } finally {
    server.closeAllConnections()
    server.close()
  }
})

test('of many that are too many, one is told', async () => {
  const names = Array.from({ length: resourcesMax + 5 }, (_, index) => `f${index}.yaml`)
  await using world = await setup(Object.fromEntries(names.map((name) => [name, 'wait: PT1S\n'])))
  const bundled = await world.bundle(calling(names.map((name) => `./${name}`)))
  expect(told(bundled)).toEqual([expect.stringContaining('too_many_resources')])
})

test('a huge file is refused without being read', async () => {
  await using world = await setup({ 'f.yaml': '' })
  truncateSync(join(world.folder, 'f.yaml'), 3 * 1024 ** 3)
  expect(told(await world.bundle(calling('./f.yaml')))[0]).toMatch(/it is larger than 10 MB\./)
})

test('only the catalog `default` may be missing from the document', async () => {
  await using world = await setup()
  const { document } = parseWorkflow(calling('x'))
  if (!document) throw new Error('The sample document is not valid.')
  const home = originOfDocument(world.folder)
  const wanted = { kind: 'catalog', name: 'f', version: '1.0.0', catalog: 'other' } as const
  const setting = { document, home, defaultCatalog: world.folder }
  expect(() => functionTarget(wanted, home, setting)).toThrow('There is no catalog `other`')
  expect(functionTarget({ ...wanted, catalog: 'default' }, home, setting).addresses).toHaveLength(1)
})

test('bytes that are no text, a folder and a device are refused', async () => {
  await using world = await setup()
  writeFileSync(join(world.folder, 'latin.yaml'), Buffer.from('set: {x: "caf\u00e9"}', 'latin1'))
  world.write('folder.yaml/x', '')
  const problemOf = async (call: string) => told(await world.bundle(calling(call)))[0]
  expect(await problemOf('./latin.yaml')).toMatch(/it is not text in UTF-8\./)
  expect(await problemOf('./folder.yaml')).toMatch(/it is a folder\./)
  expect(await problemOf('file:///%ff.yaml')).toMatch(/resource_unreadable \/%ff\.yaml could not be read/)
  if (process.platform !== 'win32') expect(await problemOf('file:///dev/zero')).toMatch(/it is not a file\./)
})

test('a stop is heeded while something is fetched', async () => {
  await using world = await setup()
  const stop = new AbortController()
  const fetcher = (_uri: URL, { signal }: { signal: AbortSignal }): Promise<string> =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(new Error('cut off')), { once: true })
      stop.abort(new Error('stopped'))
    })
  await expect(world.bundle(calling('./f.yaml'), { fetcher, signal: stop.signal })).rejects.toThrow('stopped')
})
