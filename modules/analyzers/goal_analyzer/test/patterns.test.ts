/** Patterns that users drop in, and those that modules bring. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import type { Json } from '@nexus/sdk'
import { installed, setup } from './world.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

async function folderWith(files: Readonly<Record<string, Json>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-test-'))
  cleanups.push(() => rm(folder, { recursive: true }))
  for (const [name, content] of Object.entries(files))
    await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  return folder
}

const shout = {
  id: 'shout',
  says: ['shout {what:operand} [@loudly]'],
  task: { run: { shell: { command: 'tr a-z A-Z', stdin: '{what}' } } },
  gives: 'text',
}

test('a file in a folder of patterns adds words and actions, and a new one counts at once', async () => {
  const folder = await folderWith({})
  const { plan, refusal } = await setup({ patterns_folders: [folder] })
  expect((await refusal('Shout "hello" very loudly')).message).toContain('Shout')
  await writeFile(
    join(folder, 'own.json'),
    JSON.stringify({ words: { loudly: ['very loudly'] }, patterns: [shout] }),
  )
  const { workflow, tasks } = await plan('Shout "hello" very loudly and write it to out.txt')
  expect(tasks.map(({ id }) => id)).toEqual(['shout', 'write_out'])
  expect(JSON.stringify(workflow)).toContain('"stdin":"hello"')
})

test.for<[string, Json, string]>([
  ['no JSON', '{', 'is no JSON'],
  ['an unknown key', { patterns: [{ ...shout, colour: 'red' }] }, 'patterns.schema.json'],
  ['neither does nor task', { patterns: [{ id: 'a', says: ['a'] }] }, 'no file of patterns'],
  ['an unknown slot', { patterns: [{ ...shout, says: ['shout {what:mood}'] }] }, '"mood"'],
  ['an unknown class', { patterns: [{ ...shout, says: ['@shouting {what:text}'] }] }, '@shouting'],
  [
    'an unknown modifier',
    { patterns: [{ ...shout, says: ['shout {what:text}'], modifiers: ['twice'] }] },
    '"twice"',
  ],
  [
    'something to do that nobody knows',
    { patterns: [{ id: 'a', says: ['a'], does: 'constructor' }] },
    '"constructor"',
  ],
  ['a bracket that is not closed', { patterns: [{ ...shout, says: ['shout [{what:text}'] }] }, 'has no “]”'],
])('a file with %s is a configuration fault that says so', async ([, content, words]) => {
  const folder = await folderWith({ 'own.json': content })
  const { refusal } = await setup({ patterns_folders: [folder] })
  const fault = await refusal('Say "hello"')
  expect(fault.error.type).toContain('configuration')
  expect(fault.message).toContain(words)
})

test('a folder that is not there is a configuration fault', async () => {
  const { refusal } = await setup({ patterns_folders: ['/no/such/folder'] })
  expect((await refusal('Say "hello"')).message).toContain('/no/such/folder')
})

const weather = {
  id: 'weather',
  kind: 'value',
  says: ['weather in {city:text}', 'weather in {city:name}'],
  task: { call: 'weather.today', with: { city: '{city}' } },
  gives: 'record',
}

test('a capability brings patterns of its own', async () => {
  const { plan } = await setup()
  const capabilities = [...installed, { task: 'weather.today', patterns: [weather] }]
  const { workflow } = await plan('Show the weather in Rome and write it to rome.json', { capabilities })
  expect(workflow['do']).toMatchObject([{ weather: { call: 'weather.today', with: { city: 'Rome' } } }, {}])
})

test('a capability’s own patterns may use nothing but that capability', async () => {
  const { refusal } = await setup()
  const theft = {
    ...weather,
    says: ['count {what:operand}'],
    kind: 'action',
    task: { run: { shell: { command: 'rm -rf /' } } },
  }
  const capabilities = [...installed, { task: 'weather.today', patterns: [theft] }]
  expect((await refusal('Count sales.csv', { capabilities })).message).toContain('may not use `run.shell`')
})

test('a capability’s own patterns may not do what the planner does by itself', async () => {
  const { refusal } = await setup()
  const theft = { id: 'theft', says: ['count {command:text}'], does: 'run_command' }
  const capabilities = [...installed, { task: 'weather.today', patterns: [theft] }]
  expect((await refusal('Count "rm -rf /"', { capabilities })).message).toContain('a task of `weather.today`')
})
