import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { formatProblem, type Kernel } from '@nexus/kernel'
import { expect, test } from 'vitest'
import { echo, makeWorld, manifestText, outputOf } from './world.ts'

function problemsOf(kernel: Kernel, id: string): string[] {
  return kernel.modules().flatMap((module) => (module.id === id ? module.problems.map(formatProblem) : []))
}

function states(kernel: Kernel): Record<string, string> {
  return Object.fromEntries(kernel.modules().map(({ id, state }) => [id, state]))
}

test('modules are found in all four type folders, always in the same order', async () => {
  const world = makeWorld()
  for (const [id, type] of [
    ['d', 'orchestrator'],
    ['c', 'analyzer'],
    ['b', 'integration'],
    ['e', 'executor'],
    ['a', 'executor'],
  ] as const)
    world.module(id, { type })
  const kernel = await world.open()
  expect(kernel.modules().map(({ id, type }) => `${type} ${id}`)).toEqual([
    'analyzer c',
    'executor a',
    'executor e',
    'integration b',
    'orchestrator d',
  ])
})

test('a source that is not there, and folders without a manifest, have no modules', async () => {
  const world = makeWorld()
  mkdirSync(join(world.source, 'executors', 'empty'), { recursive: true })
  const kernel = await world.open({ sources: [join(world.folder, 'nowhere'), world.source] })
  expect(kernel.modules()).toEqual([])
  expect(kernel.generation.number).toBe(1)
})

test('a source that is given twice, under two names, is searched once', async () => {
  const world = makeWorld()
  world.module('a')
  symlinkSync(world.source, join(world.folder, 'alias'))
  const kernel = await world.open({ sources: [world.source, join(world.folder, 'alias'), world.source] })
  expect(states(kernel)).toEqual({ a: 'loaded' })
})

test('a module that cannot be read is faulty, and the others serve', async () => {
  const world = makeWorld()
  world.module('good')
  mkdirSync(join(world.source, 'executors/strange/manifest.yaml'), { recursive: true })
  const kernel = await world.open()
  expect(states(kernel)).toEqual({ good: 'loaded', strange: 'faulty' })
  expect(problemsOf(kernel, 'strange')).toEqual([
    expect.stringContaining('manifest.yaml:1:1: Expected a file.'),
  ])
})

test('a module with a bad manifest is listed as faulty with its problems, and the others serve', async () => {
  const world = makeWorld()
  world.module('good')
  world.module('bad', { manifest: 'behaviour: {}' })
  const kernel = await world.open()
  expect(states(kernel)).toEqual({ bad: 'faulty', good: 'loaded' })
  expect(problemsOf(kernel, 'bad')).toEqual([
    `${join(world.source, 'executors/bad/manifest.yaml')}:8:1: Unknown key "behaviour". Did you mean "behavior"?`,
  ])
  expect(await outputOf(kernel, 'good', 7)).toBe(7)
  expect(kernel.route('bad')).toBeUndefined()
})

test('an id that is not the name of its folder is refused', async () => {
  const world = makeWorld()
  world.module('mine', { files: { 'main.js': echo, 'manifest.yaml': manifestText('yours') } })
  expect(problemsOf(await world.open(), 'mine')).toEqual([
    expect.stringContaining(
      `manifest.yaml:1:5: Expected the id to be the folder's name "mine", found "yours".`,
    ),
  ])
})

test('a type that is not that of the folder above is refused', async () => {
  const world = makeWorld()
  world.module('mine', {
    files: { 'main.js': echo, 'manifest.yaml': manifestText('mine', { type: 'analyzer' }) },
  })
  expect(problemsOf(await world.open(), 'mine')).toEqual([
    expect.stringContaining(
      'manifest.yaml:3:7: Expected type executor, since the module is in "executors", found analyzer.',
    ),
  ])
})

test('of two modules with one id in one source the first serves, and the error names both files', async () => {
  const world = makeWorld()
  const first = world.module('same', { type: 'analyzer' })
  const second = world.module('same')
  const kernel = await world.open()
  expect(kernel.modules().map(({ folder, state }) => [folder, state])).toEqual([[first, 'loaded']])
  const message = `Two modules have the id "same": "${first}/manifest.yaml" and "${second}/manifest.yaml".`
  expect(problemsOf(kernel, 'same')).toEqual([expect.stringContaining(message)])
})

test('a module that is named is taken from any folder, and must have the id that it is asked for by', async () => {
  const world = makeWorld()
  world.write({ 'mine/manifest.yaml': manifestText('right'), 'mine/main.js': echo })
  const folder = join(world.folder, 'mine')
  const kernel = await world.open({
    sources: [
      { name: 'mine', folder, module: 'right' },
      { name: 'mine', folder, module: 'wrong' },
      { name: 'gone', folder: join(world.folder, 'gone'), module: 'gone' },
    ],
  })
  expect(states(kernel)).toEqual({ gone: 'faulty', right: 'loaded', wrong: 'faulty' })
  expect(problemsOf(kernel, 'wrong')).toEqual([
    `${folder}/manifest.yaml:1:5: Expected the id "wrong", as it is asked for, found "right".`,
  ])
  expect(problemsOf(kernel, 'gone')).toEqual([expect.stringContaining('This module cannot be read')])
})

test('a module folder that is a link out of its source is refused', async () => {
  const world = makeWorld()
  const outside = world.module('linked', { source: join(world.folder, 'elsewhere') })
  mkdirSync(join(world.source, 'executors'), { recursive: true })
  symlinkSync(outside, join(world.source, 'executors', 'linked'))
  const kernel = await world.open()
  expect(states(kernel)).toEqual({ linked: 'faulty' })
  expect(problemsOf(kernel, 'linked')).toEqual([
    expect.stringContaining(`is a link out of "${world.source}", to "${outside}"`),
  ])
})

test('a manifest that is a link out of its source is refused unread', async () => {
  const world = makeWorld()
  const outside = world.write({ 'outside.yaml': manifestText('linked') })
  mkdirSync(join(world.source, 'executors/linked'), { recursive: true })
  symlinkSync(outside, join(world.source, 'executors/linked/manifest.yaml'))
  expect(problemsOf(await world.open(), 'linked')).toEqual([expect.stringContaining('is a link out of')])
})

test('an entry that is a link out of the module is refused', async () => {
  const world = makeWorld()
  const outside = world.write({ 'outside.js': 'exports.x = 1' })
  const folder = world.module('linked', { files: {} })
  symlinkSync(outside, join(folder, 'main.js'))
  expect(problemsOf(await world.open(), 'linked')).toEqual([
    expect.stringContaining(
      `manifest.yaml:6:22: "main.js" is a link out of the module's folder, to "${outside}".`,
    ),
  ])
})

test('a manifest of unreasonable size is refused unread', async () => {
  const world = makeWorld()
  world.module('big', { manifest: `# ${'x'.repeat(300_000)}` })
  expect(problemsOf(await world.open(), 'big')).toEqual([
    expect.stringContaining('Expected at most 262144 bytes'),
  ])
})

test('a module that lacks its entry file is faulty, and says where it is named', async () => {
  const world = makeWorld()
  const folder = world.module('hollow', { files: {} })
  const kernel = await world.open()
  expect(states(kernel)).toEqual({ hollow: 'faulty' })
  expect(problemsOf(kernel, 'hollow')).toEqual([
    `${folder}/manifest.yaml:6:22: The file "main.js" is missing in "${folder}".`,
  ])
})
