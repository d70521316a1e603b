/** Functions that are called by the address of their definition, and what addresses are relative to. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { calling, setup, told } from './world.ts'

const greet = 'set: {greeting: hello}\n'

test('a function is called by the address of its definition, or of its folder', async () => {
  await using world = await setup({}, { '/f/function.yaml': greet, '/g.json': '{"wait": "PT1S"}' })
  const [folder, file] = [`${world.url}/f`, `${world.url}/g.json`]
  const bundled = await world.bundle(calling([folder, file]), { base: undefined })
  expect(told(bundled)).toEqual([])
  expect(bundled.document?.use?.functions).toEqual({
    [folder]: { set: { greeting: 'hello' } },
    [file]: { wait: 'PT1S' },
  })
  expect(bundled.resources.map(({ uri }) => uri)).toEqual([`${world.url}/f/function.yaml`, file])
})

test('a relative address is relative to the file of the document', async () => {
  await using world = await setup({ 'functions/f.yaml': greet, 'functions/g/function.yaml': 'wait: PT1S\n' })
  const bundled = await world.bundle(calling(['./functions/f.yaml', './functions/g']))
  expect(told(bundled)).toEqual([])
  expect(Object.keys(bundled.document?.use?.functions ?? {})).toEqual(['./functions/f.yaml', './functions/g'])
})

test('in a function it is relative to the file of the function', async () => {
  await using world = await setup({
    'f.yaml': 'set: {which: outer}\n',
    'functions/outer.yaml': 'do: [{go: {call: ./f.yaml}}]\n',
    'functions/f.yaml': 'set: {which: inner}\n',
  })
  const { document } = await world.bundle(calling(['./f.yaml', './functions/outer.yaml']))
  const inner = pathToFileURL(join(world.folder, 'functions/f.yaml')).href
  expect(document?.use?.functions).toEqual({
    './f.yaml': { set: { which: 'outer' } },
    './functions/outer.yaml': { do: [{ go: { call: inner } }] },
    [inner]: { set: { which: 'inner' } },
  })
})

test('a document that came from no file may name no files', async () => {
  await using world = await setup({ 'f.yaml': greet })
  const file = pathToFileURL(join(world.folder, 'f.yaml')).href
  const problems = told(await world.bundle(calling([file, './f.yaml']), { base: undefined }))
  expect(problems[0]).toMatch(/^6:13 file_not_allowed The file .*f\.yaml is not read/)
  expect(problems[1]).toMatch(/^8:13 address_not_absolute `\.\/f\.yaml` is not an absolute address/)
})

test('a document that came from no file may have no file of this machine for a script', async () => {
  await using world = await setup({ 'secret.py': 'print(1)' })
  const file = pathToFileURL(join(world.folder, 'secret.py')).href
  const asking = (uri: string): string =>
    `document: {dsl: 1.0.3, namespace: test, name: asking, version: 1.0.0}\ndo:\n  - go: {run: {script: {language: python, source: {endpoint: '${uri}'}}}}\n`
  for (const uri of [file, file.replace('file:', 'FILE:'), 'file:///etc/passwd']) {
    const [problem] = told(await world.bundle(asking(uri), { base: undefined }))
    expect(problem).toMatch(/file_not_allowed The file .* is not read: only what stands in a file itself/)
  }
  const { document } = await world.bundle(asking(file))
  expect(document?.do[0]?.['go']).toMatchObject({ run: { script: { code: 'print(1)' } } })
})

test('a function that came over HTTP may name no files, though the document may', async () => {
  await using world = await setup({ 'secret.yaml': greet })
  const file = pathToFileURL(join(world.folder, 'secret.yaml')).href
  world.web['/f.yaml'] = `do: [{go: {call: '${file}'}}]\n`
  const [problem] = told(await world.bundle(calling(`${world.url}/f.yaml`)))
  expect(problem).toMatch(
    /^6:13 file_not_allowed .* It is asked for at http:\/\/127\.0\.0\.1:\d+\/f\.yaml:1:18\./,
  )
})

test.each([
  ['ftp://a.test/f.yaml', /^6:13 address_not_supported Nothing is read from `ftp:` addresses/],
  ['https://a.test/{name}.yaml', /^6:13 address_not_fixed/],
  ['https://', /^6:13 address_not_absolute/],
])('%s is refused with its place', async (call, expected) => {
  await using world = await setup()
  expect(told(await world.bundle(calling(call)))[0]).toMatch(expected)
})

test('where an address fails without saying that nothing is there, no other is tried', async () => {
  await using world = await setup()
  const tried: string[] = []
  const fetcher = (uri: URL): Promise<string> => {
    tried.push(uri.href)
    return Promise.reject(new Error('connection refused'))
  }
  const [problem] = told(await world.bundle(calling('https://a.test/f'), { fetcher }))
  expect(problem).toMatch(/resource_unreadable https:\/\/a\.test\/f could not be read: connection refused\./)
  expect(tried).toEqual(['https://a.test/f'])
})

test('a file that changes meanwhile is the same to all who ask for it', async () => {
  await using world = await setup()
  let times = 0
  const fetcher = async (): Promise<string> =>
    `set: {times: ${++times}}\ninput: {schema: {resource: {endpoint: ./f.yaml}}}\n`
  const bundled = await world.bundle(calling('./f.yaml'), { fetcher })
  expect(told(bundled)).toEqual([])
  expect(times).toBe(1)
})

test('what several tasks ask for is fetched once', async () => {
  await using world = await setup({}, { '/f.yaml': greet })
  const call = `${world.url}/f.yaml`
  expect(told(await world.bundle(calling([call, call, call])))).toEqual([])
  expect(world.requests).toHaveLength(1)
})
