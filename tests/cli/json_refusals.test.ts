/**
 * With `--json` standard output has exactly one JSON document, also where a command is refused: its problems, in the shape
 * that `nexus validate --json` has them. What people read is on standard error.
 */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { setup, workflow } from './shell.ts'

const invalid = workflow('  - a: { swich: [] }\n')

interface Refusal {
  readonly file?: string
  readonly valid?: boolean
  readonly problems: readonly { severity: string; code: string; message: string; start?: { line: number } }[]
}

test('a document that is not valid is the same document from every command that takes one', async () => {
  using world = setup()
  const file = world.file('bad.yaml', invalid)
  const data = ['--data', join(world.folder, 'data')]
  const validated = await world.nexus('validate', file, '--json')
  for (const args of [
    ['run', file, ...data],
    ['workflows', 'add', file, ...data],
    ['plan', 'graph', file],
  ]) {
    const { code, out, err } = await world.nexus(...args, '--json')
    expect([args, code, JSON.parse(out)]).toEqual([args, 2, JSON.parse(validated.out)])
    expect(err).toMatch(/bad\.yaml:4:\d+ error .*\n$/s)
  }
  expect(JSON.parse(validated.out)).toMatchObject({ file, valid: false, problems: [{ start: { line: 4 } }] })
})

test('bad usage is one document with what is wrong, and the words for people', async () => {
  using world = setup()
  const data = ['--data', join(world.folder, 'data')]
  const file = world.file('good.yaml', workflow('  - a: { set: { x: 1 } }'))
  const other = world.file('other', '')
  await world.nexus('run', file, ...data)
  for (const [args, code] of [
    [['runs', 'show', 'nobody', ...data], 'run_not_found'],
    [['runs', 'cancel', 'nobody', ...data], 'run_not_found'],
    [['runs', 'show', '--data', other], 'bad_usage'],
    [['runs', 'list', '--data', other], 'bad_input'],
    [['run', join(world.folder, 'no.yaml'), ...data], 'file_unreadable'],
    [['run', file, '--input', '{', ...data], 'bad_input'],
    [['run', file, '--priority', 'soon', ...data], 'bad_input'],
    [['run', file, '--nothing', ...data], 'bad_usage'],
    [['run', ...data], 'bad_usage'],
    [['modules', 'show', 'nothing', ...data], 'module_not_found'],
    [['goal', ' ', ...data], 'bad_input'],
    [['modules', 'config', 'http', '{bad', ...data], 'bad_input'],
  ] as const) {
    const { code: exit, out, err } = await world.nexus(...args, '--json')
    const { problems } = JSON.parse(out) as Refusal
    expect([args, exit, problems]).toEqual([
      args,
      2,
      [{ severity: 'error', code, message: expect.any(String) }],
    ])
    expect(err).toContain(problems[0]?.message)
  }
})

test('a goal that is refused is one short document, with --plan and in plan graph', async () => {
  using world = setup()
  const data = ['--data', join(world.folder, 'data')]
  const planned = await world.nexus('goal', '--plan', '--json', 'Juggle flamingos', ...data)
  const drawn = await world.nexus('plan', 'graph', '--json', '--goal', 'Juggle flamingos')
  for (const { code, out, err } of [planned, drawn]) {
    expect(code).toBe(1)
    expect(out.split('\n').length).toBeLessThan(30)
    expect(JSON.parse(out)).toMatchObject({
      problems: [{ code: 'planning_failed', message: expect.stringContaining('“Juggle”') }],
    })
    expect(err).toContain('“Juggle”')
  }
})

test('help stays help, and a document that was printed has no other after it', async () => {
  using world = setup()
  expect(await world.nexus('run', '--json', '--help')).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^Usage/),
  })
  const file = world.file(
    'warned.yaml',
    workflow('  - a: { set: { x: 1 }, then: end }\n  - b: { set: { x: 2 } }'),
  )
  const { code, out, err } = await world.nexus('run', file, '--json', '--data', join(world.folder, 'data'))
  expect([code, (JSON.parse(out) as { status: string }).status]).toEqual([0, 'completed'])
  expect(err).toMatch(/warning[\s\S]*\n$/)
})

test('a warning ends its line', async () => {
  using world = setup()
  const file = world.file(
    'warned.yaml',
    workflow('  - a: { set: { x: 1 }, then: end }\n  - b: { set: { x: 2 } }'),
  )
  for (const args of [
    ['validate', file],
    ['run', file, '--data', join(world.folder, 'data')],
  ]) {
    const { code, err } = await world.nexus(...args)
    expect([code, err]).toEqual([0, expect.stringMatching(/warning[\s\S]*\^\n(?:.*\n)*$/)])
  }
})

test('what is refused points at the help of its own command', async () => {
  using world = setup()
  for (const [args, said] of [
    [['schema', 'bogus'], 'Try: nexus schema --help'],
    [['runs', 'show'], 'Try: nexus runs show --help'],
    [['bogus'], 'Try: nexus --help'],
    [['modules', 'config', 'http', '{bad'], `Wanted: '{"city": "Seattle"}', @file.json, or -`],
  ] as const) {
    expect(await world.nexus(...args)).toMatchObject({ code: 2, err: expect.stringContaining(said) })
  }
})
