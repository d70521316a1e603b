import { expect, test } from 'vitest'
import { explain, type ExplainOptions } from '../../src/resolution/explain.ts'
import { packages, requirements, resolveWorld, type Needs } from './world.ts'

/** What is told of a world without an answer, line by line. */
async function told(
  roots: Needs,
  world: Readonly<Record<string, Needs>>,
  options?: ExplainOptions,
): Promise<string[]> {
  const outcome = await resolveWorld({ roots: requirements(roots), packages: packages(world) })
  if (outcome.kind === 'resolved') throw new Error('there is an answer')
  return explain(outcome, options).split('\n')
}

test('what is simple is told in one line, with what there is', async () => {
  expect(await told({ foo: '^1.0.0' }, { 'foo 2.0.0': {}, 'foo 2.1.3': {} })).toEqual([
    'Because this workspace asks for "foo" ^1.0.0, which no version matches, no set of versions fits.',
    '',
    '"foo" is there in 2.1.3 and 2.0.0.',
  ])
})

test('two modules that want different versions of a third are told step by step', async () => {
  const world = {
    'foo 1.0.0': { shared: '^2.0.0' },
    'bar 1.0.0': { shared: '>=2.9.0 <4.0.0' },
    'shared 2.5.0': {},
    'shared 3.5.0': {},
  }
  expect(await told({ foo: '1.0.0', bar: '1.0.0' }, world)).toEqual([
    'Because "foo" 1.0.0 needs "shared" ^2.0.0 and no version of "shared" matches ^2.9.0, "foo" 1.0.0 needs "shared" 2.5.0.',
    'And because "bar" 1.0.0 needs "shared" >=2.9.0 <4.0.0, "bar" and "foo" do not go together.',
    'So, because this workspace asks for "bar" 1.0.0 and "foo" 1.0.0, no set of versions fits.',
    '',
    '"shared" is there in 3.5.0 and 2.5.0.',
  ])
})

test('a derivation with branches numbers the line that it comes back to', async () => {
  const world = {
    'foo 1.0.0': { a: '^1.0.0', b: '^1.0.0' },
    'foo 1.1.0': { x: '^1.0.0', y: '^1.0.0' },
    'a 1.0.0': { b: '^2.0.0' },
    'b 1.0.0': {},
    'b 2.0.0': {},
    'x 1.0.0': { y: '^2.0.0' },
    'y 1.0.0': {},
    'y 2.0.0': {},
  }
  expect(await told({ foo: '^1.0.0' }, world)).toEqual([
    '    Because "foo" 1.0.0 needs "a" ^1.0.0, which needs "b" ^2.0.0, "foo" 1.0.0 needs "b" ^2.0.0.',
    '(1) So, because "foo" 1.0.0 needs "b" ^1.0.0, "foo" 1.0.0 cannot be used.',
    '',
    '    Because "foo" 1.1.0 needs "x" ^1.0.0, which needs "y" ^2.0.0, "foo" 1.1.0 needs "y" ^2.0.0.',
    '    And because "foo" 1.1.0 needs "y" ^1.0.0, "foo" 1.1.0 cannot be used.',
    '    And because "foo" 1.0.0 cannot be used (1), no version of "foo" can be used.',
    '    So, because this workspace asks for "foo" ^1.0.0, no set of versions fits.',
  ])
})

test('two short branches need no numbers', async () => {
  const world = {
    'a 1.0.0': { b: '1.0.0' },
    'a 2.0.0': { b: '2.0.0' },
    'b 1.0.0': { a: '2.0.0' },
    'b 2.0.0': { a: '1.0.0' },
  }
  expect(await told({ a: '*', b: '*' }, world, { root: 'nexus.yaml' })).toEqual([
    'Because "a" 1.0.0 needs "b" 1.0.0, which needs "a" 2.0.0, "a" 1.0.0 cannot be used.',
    'Because "a" 2.0.0 needs "b" 2.0.0, which needs "a" 1.0.0, "a" 2.0.0 cannot be used.',
    'Thus, no version of "a" can be used.',
    'So, because nexus.yaml asks for "a" *, no set of versions fits.',
  ])
})

test('neighbours that say the same are told as one', async () => {
  const needs = { di: '^1.0.0' }
  const world = {
    'angular 1.0.0': needs,
    'angular 1.1.0': needs,
    'angular 1.2.0': needs,
    'di 1.0.0': { analyzer: '^3.0.0' },
    'analyzer 2.0.0': {},
  }
  expect((await told({ angular: '*' }, world)).slice(0, 2)).toEqual([
    'Because "di" 1.0.0 needs "analyzer" ^3.0.0, which no version matches, "di" 1.0.0 cannot be used.',
    'So, because this workspace asks for "angular" *, which needs "di" ^1.0.0, no set of versions fits.',
  ])
})

test('versions are told by the ends of their runs', async () => {
  const world = Object.fromEntries(
    Array.from({ length: 12 }, (_, minor) => [
      `a 1.${minor}.0`,
      minor === 5 ? { b: '^1.0.0' } : { b: minor < 5 ? '^2.0.0' : '^3.0.0' },
    ]),
  )
  expect((await told({ a: '*' }, { ...world, 'b 0.1.0': {} })).slice(0, 4)).toEqual([
    'Because "a" 1.6.0 and newer need "b" ^3.0.0 and "a" 1.5.0 needs "b" ^1.0.0, "a" 1.5.0 and newer need "b" ^1.0.0 || ^3.0.0.',
    'And because no version of "b" matches ^1.0.0, "a" 1.5.0 and newer need "b" ^3.0.0.',
    'And because "a" 1.4.0 and older need "b" ^2.0.0, which no version matches, every version of "a" needs "b" ^3.0.0.',
    'So, because no version of "b" matches ^3.0.0 and this workspace asks for "a" *, no set of versions fits.',
  ])
})

test('an id that no source has is told with the nearest that is known', async () => {
  expect(await told({ memroy: '*' }, { 'memory 1.0.0': {} })).toEqual([
    'Because this workspace asks for "memroy" *, which no source has, no set of versions fits.',
    '',
    'No source has "memroy". Did you mean "memory"?',
  ])
  expect((await told({ a: '*' }, { 'a 1.0.0': { task_manger: '*' } })).at(-1)).toBe(
    'No source has "task_manger". Did you mean "task_manager"?',
  )
})

test('a module that wants another kernel is told so', async () => {
  expect(await told({ a: '*' }, { 'a 1.0.0': { task_manager: '^2.0.0' } })).toEqual([
    'Because this workspace asks for "a" *, which needs "task_manager" ^2.0.0, "task_manager" ^2.0.0 is needed.',
    'So, because the kernel brings "task_manager" 1.0.0, no set of versions fits.',
  ])
})

test('conflicts and optional dependencies have words of their own', async () => {
  const conflict = { 'a 1.0.0': { b: '!<3.0.0' }, 'b 1.0.0': {}, 'b 2.0.0': {} }
  expect((await told({ a: '*', b: '*' }, conflict)).slice(0, 2)).toEqual([
    'Because "a" 1.0.0 conflicts with "b" <3.0.0 and no version of "b" matches >=3.0.0, "a" and "b" do not go together.',
    'So, because this workspace asks for "a" * and "b" *, no set of versions fits.',
  ])
  const optional = { 'a 1.0.0': { b: '?^2.0.0' }, 'b 1.0.0': {}, 'b 2.0.0': {} }
  expect(await told({ a: '*', b: '^1.0.0' }, optional)).toEqual([
    'Because "a" 1.0.0 takes "b" only in ^2.0.0 and this workspace asks for "b" ^1.0.0, "a" 1.0.0 cannot be used.',
    'So, because this workspace asks for "a" *, no set of versions fits.',
  ])
})

test('where only a pre-release would do, it says how to ask for it', async () => {
  expect((await told({ a: '^1.0.0' }, { 'a 1.0.0-rc.1': {} })).at(-1)).toBe(
    'Of "a" only a pre-release would do: 1.0.0-rc.1. A range lets it in that names one: >=1.0.0-rc.1.',
  )
})

test('a range that is none, or that nothing can match, is named', async () => {
  const [unreadable] = await told({ a: '*' }, { 'a 1.0.0': { b: 'abc def' } })
  expect(unreadable).toBe(
    'Because "a" 1.0.0 asks for "b" in "abc def", which is not a range and this workspace asks for "a" *, no set of versions fits.',
  )
  expect(await told({ a: '>2 <1' }, { 'a 1.0.0': {} })).toEqual([
    'Because this workspace asks for "a" >2 <1, which no version can match, no set of versions fits.',
  ])
})

test('a derivation too long to read keeps its end', async () => {
  const needs = Object.fromEntries(
    Array.from({ length: 30 }, (_, index) => [
      `m${String(index).padStart(2, '0')} 1.0.0`,
      { [`m${String(index + 1).padStart(2, '0')}`]: '*' },
    ]),
  )
  const lines = await told({ m00: '*' }, needs, { linesMax: 3 })
  expect(lines[0]).toMatch(/^\(\d+ lines before these are left out\.\)$/)
  expect(lines.slice(1, 4).at(-1)).toContain('no set of versions fits.')
})

test('a chain of ten thousand dependencies is told without running out of stack', async () => {
  const needs = Object.fromEntries(
    Array.from({ length: 10_000 }, (_, index) => [`m${index} 1.0.0`, { [`m${index + 1}`]: '*' }]),
  )
  expect((await told({ m0: '*' }, needs)).join('\n')).toContain('no set of versions fits.')
})
