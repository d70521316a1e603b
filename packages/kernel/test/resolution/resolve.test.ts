/** What a resolution promises, by hand; `solver.test.ts` has the same by chance. */
import { expect, test } from 'vitest'
import { explain } from '../../src/resolution/explain.ts'
import { listSource, type PackageSource } from '../../src/resolution/package_source.ts'
import { resolve, type Outcome, type ResolveOptions } from '../../src/resolution/resolve.ts'
import { packages, requirements, resolveWorld, versionsOf, type Needs } from './world.ts'

type Options = Partial<Omit<ResolveOptions, 'roots' | 'sources'>>

async function outcomeOf(
  roots: Needs,
  world: Readonly<Record<string, Needs>>,
  options?: Options,
): Promise<Outcome> {
  return resolveWorld({ roots: requirements(roots), packages: packages(world) }, options)
}

async function solved(
  roots: Needs,
  world: Readonly<Record<string, Needs>>,
  options?: Options,
): Promise<Record<string, string> | undefined> {
  return versionsOf(await outcomeOf(roots, world, options))
}

test('the newest versions that go together are taken', async () => {
  const world = {
    'foo 1.0.0': { shared: '>=2.0.0 <4.0.0' },
    'bar 1.0.0': { shared: '>=3.0.0 <5.0.0' },
    'shared 2.0.0': {},
    'shared 3.6.9': {},
    'shared 3.7.0-rc.1': {},
    'shared 4.0.0': {},
  }
  const found = { foo: '1.0.0', bar: '1.0.0', shared: '3.6.9' }
  expect(await solved({ foo: '*', bar: '*' }, world)).toEqual(found)
  expect(await solved({ shared: '*' }, world, { prefer: 'oldest' })).toEqual({ shared: '2.0.0' })
})

test('what is asked for directly is newer before what it needs', async () => {
  const world = {
    'tool 1.0.0': { rack: '*' },
    'rails 1.0.0': { rack: '*' },
    'rails 2.0.0': { rack: '^1.0.0' },
    'rails 3.0.0': { rack: '^2.0.0' },
    'rack 2.0.0': {},
    'rack 3.0.0': {},
  }
  const found = { tool: '1.0.0', rails: '3.0.0', rack: '2.0.0' }
  expect(await solved({ tool: '*', rails: '*' }, world)).toEqual(found)
})

test('a pre-release is taken where every range that concerns it names one', async () => {
  const world = { 'a 1.0.0': {}, 'a 1.1.0-rc.1': {}, 'b 1.0.0': { a: '^1.0.0' } }
  expect(await solved({ a: '^1.0.0' }, world)).toEqual({ a: '1.0.0' })
  expect(await solved({ a: '^1.1.0-rc.0' }, world)).toEqual({ a: '1.1.0-rc.1' })
  expect(await solved({ a: '>=1.0.0 || >=1.1.0-0', b: '*' }, world)).toEqual({ a: '1.0.0', b: '1.0.0' })
})

test('an optional dependency brings nothing in, and holds for what is there', async () => {
  const world = { 'a 1.0.0': { b: '?^1.0.0' }, 'b 1.0.0': {}, 'b 2.0.0': {} }
  expect(await solved({ a: '*' }, world)).toEqual({ a: '1.0.0' })
  expect(await solved({ a: '*', b: '*' }, world)).toEqual({ a: '1.0.0', b: '1.0.0' })
  expect(await solved({ a: '*', b: '^2.0.0' }, world)).toBeUndefined()
})

test('an optional dependency may name a module that no source has', async () => {
  expect(await solved({ a: '*' }, { 'a 1.0.0': { nowhere: '?*' } })).toEqual({ a: '1.0.0' })
})

test('a conflict keeps two versions apart, whoever of the two says so', async () => {
  const world = { 'a 1.0.0': {}, 'a 2.0.0': { b: '!<2.0.0' }, 'b 1.0.0': {} }
  expect(await solved({ a: '*', b: '*' }, world)).toEqual({ a: '1.0.0', b: '1.0.0' })
  expect(await solved({ a: '*' }, world)).toEqual({ a: '2.0.0' })
})

test('a module does not conflict with itself', async () => {
  expect(await solved({ a: '*' }, { 'a 1.0.0': { a: '!*' } })).toEqual({ a: '1.0.0' })
})

test("the kernel's own modules are there at 1.0.0, whatever the sources say, and are no part of the answer", async () => {
  const world = {
    'a 1.0.0': { task_manager: '>=1.0.0', service_router: '~1.0.0' },
    'task_manager 1.5.0': {},
    'b 1.0.0': { task_manager: '^1.5.0' },
    'c 1.0.0': { service_router: '!^1.0.0' },
  }
  expect(await solved({ a: '*' }, world)).toEqual({ a: '1.0.0' })
  expect(await solved({ b: '*' }, world)).toBeUndefined()
  expect(await solved({ c: '*' }, world)).toBeUndefined()
})

test('what is locked stays while it fits, and goes where it does not', async () => {
  const world = { 'a 1.0.0': {}, 'a 1.1.0': {}, 'b 1.0.0': { a: '*' }, 'b 1.1.0': { a: '^1.1.0' } }
  const locked = new Map([['a', '1.0.0']])
  expect(await solved({ a: '*' }, world, { locked })).toEqual({ a: '1.0.0' })
  expect(await solved({ a: '>1.0.0' }, world, { locked })).toEqual({ a: '1.1.0' })
  expect(await solved({ b: '*', a: '*' }, world, { locked })).toEqual({ a: '1.0.0', b: '1.0.0' })
  expect(await solved({ a: '*' }, world, { locked: new Map([['a', '9.0.0']]) })).toEqual({ a: '1.1.0' })
})

test('what is locked goes before what is not', async () => {
  const world = { 'a 1.0.0': { z: '*' }, 'a 1.1.0': { z: '^1.1.0' }, 'z 1.0.0': {}, 'z 1.1.0': {} }
  const locked = new Map([['z', '1.0.0']])
  expect(await solved({ a: '*', z: '*' }, world, { locked })).toEqual({ a: '1.0.0', z: '1.0.0' })
})

test('of a version that two sources have, the first one is taken, with all that it says', async () => {
  const folder = listSource('folder', {
    a: [{ version: '1.0.0', dependencies: [], digest: 'd1', origin: '/modules/a' }],
  })
  const store = listSource('store', {
    a: [
      { version: '1.0.0', dependencies: [{ id: 'nowhere', range: '*' }], digest: 'd2' },
      { version: '0.9.0', dependencies: [] },
    ],
  })
  const outcome = await resolve({ roots: [{ id: 'a', range: '1.0.0' }], sources: [folder, store] })
  const expected = {
    version: '1.0.0',
    dependencies: [],
    digest: 'd1',
    origin: '/modules/a',
    source: 'folder',
    rank: 0,
  }
  expect(outcome.kind === 'resolved' && outcome.versions.get('a')).toEqual(expected)
  const other = await resolve({ roots: [{ id: 'a', range: '<1.0.0' }], sources: [folder, store] })
  expect(other.kind === 'resolved' && other.versions.get('a')?.source).toBe('store')
})

test('a source is asked for each module once, and for none that is not needed', async () => {
  const asked: string[] = []
  const list = listSource(
    'list',
    packages({ 'a 1.0.0': { b: '*' }, 'b 1.0.0': { a: '!<1.0.0' }, 'c 1.0.0': {} }),
  )
  const source: PackageSource = {
    ...list,
    versions: async (id) => {
      asked.push(id)
      return list.versions(id)
    },
  }
  await resolve({ roots: [{ id: 'a', range: '*' }], sources: [source] })
  expect(asked).toEqual(['a', 'b'])
})

test('versions that differ in build metadata only are one, the later by name', async () => {
  expect(await solved({ a: '1.0.0' }, { 'a 1.0.0+1': { b: '*' }, 'a 1.0.0+2': {} })).toEqual({ a: '1.0.0+2' })
})

test('what is no version, and what is asked for in no range, is refused by name', async () => {
  await expect(solved({ a: '*' }, { 'a one': {} })).rejects.toThrow(
    'The source "list" has module "a" in "one", which is not a semantic version like 1.0.0.',
  )
  await expect(solved({ a: 'any old' }, {})).rejects.toThrow(
    'Module "a" is asked for in "any old", which is not a semver range like ^1.0.0.',
  )
})

test('a version with a range that cannot be read is passed over', async () => {
  const world = { 'a 1.0.0': {}, 'a 2.0.0': { b: 'abc def' } }
  expect(await solved({ a: '*' }, world)).toEqual({ a: '1.0.0' })
})

test('nothing asked for is answered with nothing', async () => {
  expect(await outcomeOf({}, {})).toEqual({
    kind: 'resolved',
    versions: new Map(),
    order: [],
  })
})

/** The order in which the modules of an answer start, or why there is none. */
async function orderOf(roots: Needs, world: Readonly<Record<string, Needs>>): Promise<unknown> {
  const outcome = await outcomeOf(roots, world)
  return outcome.kind === 'failed' ? explain(outcome) : outcome.order
}

test('each module starts after all that it depends on, else by id', async () => {
  const world = { 'a 1.0.0': { d: '*' }, 'b 1.0.0': {}, 'c 1.0.0': {}, 'd 1.0.0': { c: '*' } }
  expect(await orderOf({ b: '*', a: '*' }, world)).toEqual(['c', 'd', 'a', 'b'])
})

test('modules that depend on each other in a circle do not go together, and neither does who needs them', async () => {
  const world = { 'a 1.0.0': { b: '*' }, 'b 1.0.0': { c: '*' }, 'c 1.0.0': { b: '*' }, 'd 1.0.0': { d: '*' } }
  expect(await orderOf({ a: '*' }, world)).toBe(
    [
      'Because "b" 1.0.0 needs "c" * and "b" and "c" depend on each other in a circle ("b" → "c" → "b"), "b" 1.0.0 cannot be used.',
      'So, because this workspace asks for "a" *, which needs "b" *, no set of versions fits.',
      '',
      'Remove one of the dependencies of the circle, or make it optional.',
    ].join('\n'),
  )
  expect(await orderOf({ d: '*' }, world)).toContain(
    'Because this workspace asks for "d" * and "d" depends on itself,',
  )
})

test('a circle that only some versions close is gone around', async () => {
  const world = {
    'app 1.0.0': { foo: '*', bar: '*' },
    'foo 0.2.6': { bar: '*' },
    'bar 1.0.0': { foo: '>=0.1.0' },
    'bar 0.9.0': { foo: '>=0.1.0' },
    'bar 0.1.0': {},
  }
  expect(await solved({ app: '*' }, world)).toEqual({ app: '1.0.0', foo: '0.2.6', bar: '0.1.0' })
})

test('the nearest source wins unless a range excludes what it has', async () => {
  const near = listSource('near', packages({ 'a 1.0.0': {}, 'a 1.1.0': {} }))
  const far = listSource('far', packages({ 'a 2.0.0': {}, 'a 1.5.0': {}, 'b 1.0.0': { a: '^2.0.0' } }))
  const taken = async (roots: Needs): Promise<unknown> => {
    const outcome = await resolve({
      roots: requirements(roots),
      sources: [near, far],
      prefer: 'nearest',
    })
    return versionsOf(outcome)
  }
  expect(await taken({ a: '*' })).toEqual({ a: '1.1.0' })
  expect(await taken({ a: '>=1.2.0' })).toEqual({ a: '2.0.0' })
  expect(await taken({ a: '*', b: '*' })).toEqual({ a: '2.0.0', b: '1.0.0' })
})

test('an optional dependency starts first, unless that closes a circle', async () => {
  const world = { 'a 1.0.0': { b: '?*' }, 'b 1.0.0': {}, 'c 1.0.0': { d: '?*' }, 'd 1.0.0': { c: '*' } }
  expect(await orderOf({ a: '*', b: '*', c: '*', d: '*' }, world)).toEqual(['b', 'a', 'c', 'd'])
})
