/** Which of the modules that are there serve, over several folders and what served before. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { formatProblem, type Kernel, type Lock, type ModuleInfo, type WantedModule } from '@nexus/kernel'
import { expect, test } from 'vitest'
import { makeWorld, outputOf, type ModuleOptions, type World } from './world.ts'

const saying = (version: string, manifest = '', word = version): ModuleOptions => ({
  version,
  manifest,
  files: {
    'main.js': `import { BaseModule, ModuleResult } from '@nexus/sdk'
export class Module extends BaseModule {
  async execute(context) { return ModuleResult.ok('${word}') }
}
`,
  },
})

const needs = (id: string, range: string): string => `dependencies: {modules: [{${id}: "${range}"}]}`

function infoOf(kernel: Kernel, id: string): ModuleInfo | undefined {
  return kernel.modules().find((module) => module.id === id)
}

function problemsOf(kernel: Kernel, id: string): string {
  return (infoOf(kernel, id)?.problems ?? []).map(formatProblem).join('\n')
}

/** Two folders, the second one nearer. */
function twoFolders(): {
  world: World
  far: string
  near: string
  sources: { name: string; folder: string }[]
} {
  const world = makeWorld()
  const [far, near] = [join(world.folder, 'far'), join(world.folder, 'near')]
  const sources = [
    { name: 'far', folder: far },
    { name: 'near', folder: near },
  ]
  return { world, far, near, sources }
}

test('of a module that two folders have the nearer serves, whatever their versions, and the other is told of', async () => {
  const { world, far, near, sources } = twoFolders()
  const other = world.module('talker', { ...saying('2.0.0'), source: far })
  world.module('talker', { ...saying('1.0.0'), source: near })
  const kernel = await world.open({ sources })
  expect(await outputOf(kernel, 'talker')).toBe('1.0.0')
  expect(kernel.modules()).toHaveLength(1)
  expect(infoOf(kernel, 'talker')).toMatchObject({
    source: 'near',
    passed_over: [{ version: '2.0.0', source: 'far', folder: other, why: 'near is nearer' }],
    problems: [],
  })
})

test('a range that excludes the nearer one takes the farther', async () => {
  const { world, far, near, sources } = twoFolders()
  world.module('talker', { ...saying('2.0.0'), source: far })
  world.module('talker', { ...saying('1.0.0'), source: near })
  world.module('needy', { ...saying('1.0.0', needs('talker', '^2.0.0')), source: near })
  const kernel = await world.open({ sources })
  expect(await outputOf(kernel, 'talker')).toBe('2.0.0')
  expect(infoOf(kernel, 'talker')).toMatchObject({
    source: 'far',
    passed_over: [{ version: '1.0.0', source: 'near', why: '"needy" needs ^2.0.0' }],
  })
})

test('where the nearer one is broken the farther serves, and what is wrong is told', async () => {
  const { world, far, near, sources } = twoFolders()
  world.module('talker', { ...saying('2.0.0'), source: far })
  world.module('talker', { version: '1.0.0', files: { 'main.js': 'export class {' }, source: near })
  const kernel = await world.open({ sources })
  expect(await outputOf(kernel, 'talker')).toBe('2.0.0')
  expect(problemsOf(kernel, 'talker')).toMatch(/near\/executors\/talker\/main\.js:1:\d+: /)
  expect(world.logged.join('\n')).toContain('main.js:1:')
})

test('a folder that asks for what is not there does not take down what served from it before', async () => {
  const world = makeWorld()
  world.module('talker', saying('1.0.0'))
  await (await world.open()).close()
  world.module('talker', saying('1.1.0', needs('nowhere', '*')))
  const first = await world.open()
  expect([await outputOf(first, 'talker'), infoOf(first, 'talker')?.source]).toEqual(['1.0.0', 'store'])
  expect(problemsOf(first, 'talker')).toContain(
    'manifest.yaml:8:36: Because "talker" 1.1.0 needs "nowhere" *, which no source has',
  )
  expect(world.logged.join('\n')).toContain('version 1.0.0 of before goes on')
  await first.close()
  // The same, with the version left as it was.
  world.module('talker', saying('1.0.0', needs('nowhere', '*')))
  expect(await outputOf(await world.open(), 'talker')).toBe('1.0.0')
})

test('a module whose folder is gone goes on for as long as another needs it', async () => {
  const world = makeWorld()
  const folder = world.module('talker', saying('1.0.0'))
  const needy = world.module('needy', saying('1.0.0', needs('talker', '^1.0.0')))
  await (await world.open()).close()
  rmSync(folder, { recursive: true })
  const first = await world.open()
  expect(await outputOf(first, 'talker')).toBe('1.0.0')
  await first.close()
  rmSync(needy, { recursive: true })
  expect((await world.open()).route('talker')).toBeUndefined()
})

test('a module that fits nowhere is left out with the derivation at its line, and so is who needs it', async () => {
  const world = makeWorld()
  world.module('good', saying('1.0.0'))
  world.module('a', saying('1.0.0', needs('b', '*')))
  world.module('b', saying('1.0.0', needs('memroy', '^2.0.0')))
  world.module('memory', saying('1.0.0'))
  const kernel = await world.open()
  expect(kernel.modules().map(({ id, state }) => `${id} ${state}`)).toEqual([
    'a faulty',
    'b faulty',
    'good loaded',
    'memory loaded',
  ])
  expect(problemsOf(kernel, 'b')).toMatch(
    /b\/manifest\.yaml:8:\d+: Because "b" 1\.0\.0 needs "memroy" \^2\.0\.0, which no source has, "b" 1\.0\.0 cannot be used\./,
  )
  expect(problemsOf(kernel, 'b')).toContain('Did you mean "memory"?')
  expect(problemsOf(kernel, 'a')).toMatch(/a\/manifest\.yaml:8:\d+: [\s\S]*"a" 1\.0\.0 cannot be used\./)
})

test('modules that depend on each other in a circle are left out, and the others serve', async () => {
  const world = makeWorld()
  world.module('a', saying('1.0.0', needs('b', '*')))
  world.module('b', saying('1.0.0', needs('a', '*')))
  world.module('self', saying('1.0.0', needs('self', '*')))
  world.module('good', saying('1.0.0'))
  const kernel = await world.open()
  expect(kernel.modules().flatMap(({ id, state }) => (state === 'loaded' ? [id] : []))).toEqual(['good'])
  expect(problemsOf(kernel, 'b')).toContain(
    'b/manifest.yaml:8:30: It is left out, since not all that is here goes together.\nBecause "b" is here',
  )
  expect(problemsOf(kernel, 'b')).toContain('depend on each other in a circle ("a" → "b" → "a")')
  expect(problemsOf(kernel, 'a')).toContain('in a circle')
  expect(problemsOf(kernel, 'self')).toContain('"self" depends on itself')
})

test('of two that conflict the nearer serves, and the other says why it does not', async () => {
  const { world, far, near, sources } = twoFolders()
  world.module('mine', { ...saying('1.0.0', 'conflicts: [{theirs: "<2"}]'), source: near })
  world.module('theirs', { ...saying('1.0.0'), source: far })
  const kernel = await world.open({ sources })
  expect(kernel.route('mine')).toBeDefined()
  expect(kernel.route('theirs')).toBeUndefined()
  expect(problemsOf(kernel, 'theirs')).toContain('"mine" 1.0.0 conflicts with "theirs" <2')
})

test('an optional dependency brings nothing in, must fit where it is there, and starts first', async () => {
  const world = makeWorld()
  const optional = (range: string): string => `dependencies: {optional: [{z_talker: "${range}"}]}`
  world.module('alone', saying('1.0.0', 'dependencies: {optional: [{nowhere: "*"}]}'))
  world.module('fits', saying('1.0.0', optional('^1.0.0')))
  world.module('picky', saying('1.0.0', optional('^2.0.0')))
  world.module('z_talker', saying('1.0.0'))
  const kernel = await world.open()
  const loaded = kernel.modules().flatMap(({ id, state }) => (state === 'loaded' ? [id] : []))
  expect(loaded).toEqual(['alone', 'fits', 'z_talker'])
  expect(problemsOf(kernel, 'picky')).toContain('"picky" 1.0.0 takes "z_talker" only in ^2.0.0')
  expect([...kernel.generation.modules.keys()]).toEqual(['alone', 'z_talker', 'fits'])
})

test("the kernel's own modules are there at 1.0.0 and in conflicts, and nobody may bring one", async () => {
  const world = makeWorld()
  world.module('fits', saying('1.0.0', needs('task_manager', '^1.0.0')))
  world.module('newer', saying('1.0.0', needs('service_router', '^2.0.0')))
  world.module('against', saying('1.0.0', 'conflicts: [{task_manager: "1.x"}]'))
  world.module('task_manager', saying('1.0.0'))
  const kernel = await world.open()
  expect(kernel.modules().flatMap(({ id, state }) => (state === 'loaded' ? [id] : []))).toEqual(['fits'])
  expect(problemsOf(kernel, 'newer')).toContain('the kernel brings "service_router" 1.0.0')
  expect(problemsOf(kernel, 'against')).toContain('conflicts with "task_manager" 1.x')
  expect(problemsOf(kernel, 'task_manager')).toContain(
    'manifest.yaml:1:5: "task_manager" is a module of the kernel itself.',
  )
})

test('a pre-release that is there serves', async () => {
  const world = makeWorld()
  world.module('talker', saying('1.0.0-rc.1'))
  expect(await outputOf(await world.open(), 'talker')).toBe('1.0.0-rc.1')
})

const wanting = (range: string, more: object = {}) => ({
  range,
  enabled: true,
  at: 'nexus.yaml:2:3',
  ...more,
})

test('what is asked for in writing must be had, or nothing opens, with the place', async () => {
  const world = makeWorld()
  world.module('talker', saying('1.0.0'))
  await expect(world.open({ wishes: { modules: { talker: wanting('^2.0.0') } } })).rejects.toThrow(
    'nexus.yaml:2:3: Because nexus.yaml asks for "talker" ^2.0.0, which no version matches, no set of versions fits.',
  )
  await expect(world.open({ wishes: { modules: { talkre: wanting('*') } } })).rejects.toThrow(
    'Did you mean "talker"?',
  )
})

test('a range in writing, a source, and a switch decide which one serves', async () => {
  const { world, far, near, sources } = twoFolders()
  world.module('talker', { ...saying('2.0.0'), source: far })
  world.module('talker', { ...saying('1.0.0'), source: near })
  const first = await world.open({ sources, wishes: { modules: { talker: wanting('^2.0.0') } } })
  expect(await outputOf(first, 'talker')).toBe('2.0.0')
  expect(infoOf(first, 'talker')?.passed_over[0]?.why).toBe('nexus.yaml asks for ^2.0.0')
  // A change has to keep to it too.
  const one = world.module('talker', { ...saying('1.5.0'), source: join(world.folder, 'beside') })
  await expect(first.change({ folders: [one] })).rejects.toThrow(
    'nexus.yaml asks for "talker" ^2.0.0, the change brings "talker" 1.5.0'.split(', ')[0],
  )
  await first.close()
  const second = await world.open({
    sources,
    wishes: { modules: { talker: wanting('*', { source: 'far' }) } },
  })
  expect(await outputOf(second, 'talker')).toBe('2.0.0')
  expect(infoOf(second, 'talker')?.passed_over[0]?.why).toBe('nexus.yaml takes it from far')
  await second.close()
  const third = await world.open({
    sources,
    wishes: { modules: { talker: wanting('*', { enabled: false }) } },
  })
  expect(third.route('talker')).toBeUndefined()
  expect(infoOf(third, 'talker')).toMatchObject({ state: 'available' })
})

test('a change may move another module to a version of the folders, where that is the way to go together', async () => {
  const { world, far, near, sources } = twoFolders()
  world.module('talker', { ...saying('2.0.0'), source: far })
  world.module('talker', { ...saying('1.0.0'), source: near })
  const kernel = await world.open({ sources })
  const needy = world.module('needy', {
    ...saying('1.0.0', needs('talker', '^2.0.0')),
    source: join(world.folder, 'beside'),
  })
  const { changed } = await kernel.change({ folders: [needy] })
  expect(changed).toMatchObject([
    { id: 'needy', from: null, to: '1.0.0' },
    { id: 'talker', from: '1.0.0', to: '2.0.0' },
  ])
  expect(await outputOf(kernel, 'talker')).toBe('2.0.0')
})

async function lockedWorld(): Promise<{
  world: World
  lock: Lock
  modules: Readonly<Record<string, WantedModule>>
}> {
  const world = makeWorld()
  world.module('talker', saying('1.0.0'))
  world.module('other', saying('1.0.0'))
  const modules = { talker: wanting('^1.0.0') }
  const kernel = await world.open({ wishes: { modules } })
  const lock = kernel.lock()
  await kernel.close()
  return { world, lock, modules }
}

test('a lock has what was asked for in writing, with digests, and holds what it has against the folder', async () => {
  const { world, lock, modules } = await lockedWorld()
  expect([...lock.modules]).toEqual([
    [
      'talker',
      {
        version: '1.0.0',
        source: world.source,
        digest: expect.stringMatching(/^[0-9a-f]{64}$/),
        dependencies: [],
      },
    ],
  ])
  for (const [version, word] of [
    ['1.0.0', 'changed'],
    ['1.1.0', '1.1.0'],
  ] as const) {
    world.module('talker', saying(version, '', word))
    world.logged.length = 0
    const kernel = await world.open({ wishes: { modules, lock } })
    expect(await outputOf(kernel, 'talker')).toBe('1.0.0')
    expect(world.logged.join('\n')).toMatch(
      new RegExp(`nexus\\.lock has "talker" 1\\.0\\.0 .*, but .* has ${version}.* What is locked serves\\.`),
    )
    await kernel.close()
    await expect(world.open({ wishes: { modules, lock, frozen: true } })).rejects.toThrow(
      'nexus modules lock',
    )
  }
})

test('where what is locked cannot be had any more, what is there serves, with a warning, or nothing when frozen', async () => {
  const { world, lock, modules } = await lockedWorld()
  rmSync(world.data, { recursive: true })
  world.module('talker', saying('1.0.0', '', 'changed'))
  const kernel = await world.open({ wishes: { modules, lock } })
  expect(await outputOf(kernel, 'talker')).toBe('changed')
  expect(world.logged.join('\n')).toContain('What is there serves.')
  await kernel.close()
  await expect(world.open({ wishes: { modules, lock, frozen: true } })).rejects.toThrow(
    'nexus.lock has "talker"',
  )
})

test('a lock that has too much or too little is told', async () => {
  const { world, lock } = await lockedWorld()
  await world.open({ wishes: { modules: { other: wanting('*') }, lock } })
  const told = world.logged.join('\n')
  expect(told).toContain('"other" is not in nexus.lock yet.')
  expect(told).toContain('nexus.lock has "talker", which nothing asks for any more.')
})

test('the order of the folders’ entries changes nothing of what is chosen or said', async () => {
  const said = await Promise.all(
    [
      ['a', 'b', 'c'],
      ['c', 'b', 'a'],
    ].map(async (ids) => {
      const world = makeWorld()
      for (const id of ids) world.module(id, saying('1.0.0', `conflicts: [{${id === 'a' ? 'b' : 'a'}: "*"}]`))
      const kernel = await world.open()
      return kernel
        .modules()
        .map(({ id, state, problems }) => [id, state, problems.map(({ message }) => message)])
    }),
  )
  expect(said[0]).toEqual(said[1])
})
