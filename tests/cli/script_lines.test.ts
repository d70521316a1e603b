/**
 * What goes wrong in a script is told with the line of the workflow file, in every language, by `nexus run FILE`; and
 * which files a script may come from.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { setup, workflow, type World } from './shell.ts'

const run = async (world: World, file: string): Promise<string> => {
  const { out, err } = await world.nexus('run', file, '--data', join(world.folder, 'data'))
  return out + err
}

const inBlock = (language: string, lines: readonly string[], more = ''): string =>
  workflow(
    `  - broken:\n${more}      run:\n        script:\n          language: ${language}\n          code: |\n${lines
      .map((line) => (line === '' ? '\n' : `            ${line}\n`))
      .join('')}`,
  )

const javascript = ['const add = (a) => {', `  throw new TypeError('no sum of ' + a)`, '}', '', 'add(1)']
const python = ['def add(a):', '    raise TypeError(f"no sum of {a}")', '', 'add(1)']

test('an error in JavaScript has the line of the file, and so has every line of its stack', async () => {
  using world = setup()
  const said = await run(world, world.file('shop.yaml', inBlock('js', javascript)))
  expect(said).toMatch(/The script failed at \S*shop\.yaml:10: TypeError: no sum of 1\./)
  expect(said).toMatch(/at add \(shop\.yaml:10:\d+\)/)
  expect(said).toMatch(/shop\.yaml:13:\d+/)
})

test('an error in Python has the line of the file, and so has every line of its traceback', async () => {
  using world = setup()
  const said = await run(world, world.file('shop.yaml', inBlock('python', python)))
  expect(said).toMatch(/The script failed at \S*shop\.yaml:10: TypeError: no sum of 1\./)
  expect(said).toContain('File "shop.yaml", line 12, in <module>\n        add(1)')
  expect(said).toContain('File "shop.yaml", line 10, in add\n        raise TypeError(f"no sum of {a}")')
})

test.for([
  ['js', 'let broken = ;'],
  ['python', 'broken = = 2'],
])('what is no %s has the line of the file', async ([language = '', code = '']) => {
  using world = setup()
  const said = await run(world, world.file('shop.yaml', inBlock(language, ['', '', code])))
  expect(said).toMatch(/The script failed at \S*shop\.yaml:11: SyntaxError/)
})

test('where lines of a text are not lines of the file, both are told', async () => {
  using world = setup()
  const task = `  - broken:\n      run: { script: { language: python, code: "x = 1\\nraise ValueError('x')" } }\n`
  const said = await run(world, world.file('shop.yaml', workflow(task)))
  expect(said).toMatch(
    /The script failed at line 2 of the script of broken in \S*shop\.yaml:5: ValueError: x\./,
  )
  expect(said).toContain('File "script.py", line 2')
})

test('a script in a file of its own has the name and the line of that', async () => {
  using world = setup()
  mkdirSync(join(world.folder, 'lib'))
  const lib = world.file('lib/near.py', 'x = 1\nprint(x / 0)\n')
  const task = (endpoint: string): string =>
    workflow(`  - broken: { run: { script: { language: python, source: { endpoint: '${endpoint}' } } } }\n`)
  for (const endpoint of ['lib/near.py', pathToFileURL(lib).href]) {
    const said = await run(world, world.file('shop.yaml', task(endpoint)))
    expect(said).toMatch(/The script failed at \S*lib\/near\.py:2: ZeroDivisionError/)
    expect(said).toContain('File "near.py", line 2')
  }
})

test('a file that is only named while it runs is read from the folders of the operator alone', async () => {
  using world = setup()
  const task = `  - away: { run: { script: { language: python, source: { endpoint: '\${ .at }' } } } }\n`
  const file = world.file('shop.yaml', workflow(task))
  const input = JSON.stringify({ at: 'file:///etc/passwd' })
  const { out, err } = await world.nexus('run', file, '--input', input, '--data', join(world.folder, 'data'))
  expect(out + err).toContain('The file /etc/passwd is not in a folder of code_executor')
})
