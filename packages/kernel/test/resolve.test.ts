import type { Manifest } from '@nexus/sdk'
import { expect, test } from 'vitest'
import { resolve, withDependencies } from '../src/resolve.ts'

function manifest(id: string, needs: Readonly<Record<string, string>> = {}, version = '1.0.0'): Manifest {
  const modules = Object.entries(needs).map(([name, range]) => ({ [name]: range }))
  const entry_points = { main: 'main.js' }
  return { id, version, type: 'executor', name: id, description: '', entry_points, dependencies: { modules } }
}

function order(...manifests: Manifest[]): string[] {
  return resolve(manifests).order.map(({ id }) => id)
}

function refusal(id: string, ...manifests: Manifest[]): string | undefined {
  return resolve(manifests).refused.get(id)?.message
}

test('each module comes after all that it depends on, else in the order given', () => {
  expect(
    order(manifest('a', { c: '^1.0.0' }), manifest('b'), manifest('c', { d: '*' }), manifest('d')),
  ).toEqual(['d', 'c', 'a', 'b'])
})

test("the kernel's own modules are there at 1.0.0", () => {
  expect(order(manifest('a', { task_manager: '>=1.0.0', service_router: '~1.0.0' }))).toEqual(['a'])
  expect(refusal('a', manifest('a', { task_manager: '^2.0.0' }))).toBe(
    'Module "a" 1.0.0 needs "task_manager" ^2.0.0, but what is here is "task_manager" 1.0.0.',
  )
})

test('nobody may bring a module of the kernel', () => {
  expect(refusal('task_manager', manifest('task_manager'))).toBe(
    '"task_manager" is a module of the kernel itself.',
  )
})

test('a module that is not here is named, with the nearest that is', () => {
  const refused = resolve([manifest('a', { memroy: '*' }), manifest('memory')]).refused.get('a')
  expect(refused).toEqual({
    message: 'Module "a" 1.0.0 needs "memroy" *, which is not here.',
    hint: 'Did you mean "memory"?',
    pointer: '/dependencies/modules/0/memroy',
  })
})

test('a version that does not satisfy is told with what is here', () => {
  expect(refusal('a', manifest('a', { b: '^2.0.0' }), manifest('b', {}, '1.3.0'))).toBe(
    'Module "a" 1.0.0 needs "b" ^2.0.0, but what is here is "b" 1.3.0.',
  )
})

test('who depends on a module that cannot be used cannot be used either, and says through whom', () => {
  const message = refusal('a', manifest('a', { b: '*' }), manifest('b', { c: '*' }))
  expect(message).toBe(
    'Module "a" 1.0.0 needs "b" *, which cannot be used itself: Module "b" 1.0.0 needs "c" *, which is not here.',
  )
})

test('modules that depend on each other in a circle are refused, the others are not', () => {
  const { order: fit, refused } = resolve([
    manifest('a', { b: '*' }),
    manifest('b', { a: '*' }),
    manifest('c'),
  ])
  expect(fit.map(({ id }) => id)).toEqual(['c'])
  expect(refused.get('b')?.message).toContain('in a circle: "a" → "b" → "a"')
  expect(refused.has('a')).toBe(true)
})

test('wanting a module is wanting what it depends on, however far', () => {
  const all = [manifest('a', { b: '*' }), manifest('b', { c: '*' }), manifest('c'), manifest('d')]
  expect([...withDependencies(['a'], all)]).toEqual(['a', 'b', 'c'])
})
