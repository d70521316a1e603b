/**
 * What goes wrong in a script is told with the line and the column of the workflow file, in every language, by `nexus run
 * FILE`; and which files a script may come from.
 */
import { spawnSync } from 'node:child_process'
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

/** Python tells columns of what goes wrong as it runs since 3.11; where there is none, Pyodide runs scripts, which does. */
const version = spawnSync('python3', ['-c', 'import sys; print(sys.version_info >= (3, 11))'])
const tellsColumns = version.stdout?.toString().trim() !== 'False'
const column = (one: number): string => (tellsColumns ? `:${one}` : '')

const javascript = ['const add = (a) => {', `  throw new TypeError('no sum of ' + a)`, '}', '', 'add(1)']
const python = ['def add(a):', '    raise TypeError(f"no sum of {a}")', '', 'add(1)']

test('an error in JavaScript has its place in the file, and so has every line of its stack', async () => {
  using world = setup()
  const said = await run(world, world.file('shop.yaml', inBlock('js', javascript)))
  expect(said).toMatch(/The script failed at \S*shop\.yaml:10:50: TypeError: no sum of 1\./)
  expect(said).toMatch(/at add \(shop\.yaml:10:50\)/)
  expect(said).toMatch(/shop\.yaml:13:13/)
})

test('an error in Python has its place in the file, and every line of its traceback the line', async () => {
  using world = setup()
  const said = await run(world, world.file('shop.yaml', inBlock('python', python)))
  expect(said).toContain(`shop.yaml:10${column(17)}: TypeError: no sum of 1.`)
  expect(said).toContain('File "shop.yaml", line 12, in <module>\n        add(1)')
  expect(said).toContain('File "shop.yaml", line 10, in add\n        raise TypeError(f"no sum of {a}")')
})

test.for([
  ['js', 'let broken = ;', 14],
  ['python', 'broken = = 2', 10],
] as const)('what is no %s has its place in the file', async ([language, code, at]) => {
  using world = setup()
  const said = await run(world, world.file('shop.yaml', inBlock(language, ['', '', code])))
  expect(said).toContain(`shop.yaml:11:${12 + at}: SyntaxError`)
})

test('a column is that of the file whatever is before it: other letters, and what Nexus writes around a script', async () => {
  using world = setup()
  const broken = async (language: string, lines: readonly string[], more = ''): Promise<string> =>
    run(world, world.file('shop.yaml', inBlock(language, lines, more)))
  expect(await broken('js', [`const ü = '€'; null.x`])).toContain('shop.yaml:9:28: TypeError')
  expect(await broken('js', [`return 1 + null.x`])).toContain('shop.yaml:9:24: TypeError')
  expect(await broken('python', [`ü = '€'; ü + 1`])).toContain(`shop.yaml:9${column(22)}: TypeError`)
})

test('V8 tells the place in the file too, in its stack as well', async ({ skip }) => {
  using world = setup()
  const broken = async (lines: readonly string[]): Promise<string> =>
    run(world, world.file('shop.yaml', inBlock('js', lines, '      metadata: { sandbox: v8 }\n')))
  const said = await broken(javascript)
  skip(said.includes('needs an OS sandbox'), 'bubblewrap is not here')
  expect(said).toContain('shop.yaml:11:21: TypeError: no sum of 1.')
  expect(said).toMatch(/at add \(shop\.yaml:11:21\)/)
  expect(await broken(['await 1; null.x'])).toContain('shop.yaml:10:27: TypeError')
  expect(await broken(['', 'let broken = ;'])).toContain('shop.yaml:11:26: SyntaxError')
})

test('where a text is no block, the line alone is told', async () => {
  using world = setup()
  const task = `  - broken:\n      run: { script: { language: js, code: 'null.x' } }\n`
  expect(await run(world, world.file('shop.yaml', workflow(task)))).toMatch(/shop\.yaml:5: TypeError/)
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
    expect(said).toContain(`lib/near.py:2${column(7)}: ZeroDivisionError`)
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
