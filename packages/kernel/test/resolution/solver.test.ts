/** The solver against brute force, on worlds that chance draws. */
import * as fc from 'fast-check'
import compare from 'semver/functions/compare.js'
import { expect, test } from 'vitest'
import { listSource, type PackageVersion } from '../../src/resolution/package_source.ts'
import { resolve } from '../../src/resolution/resolve.ts'
import { bruteForce, isValid, resolveWorld, smallWorlds, versionsOf, type World } from './world.ts'

/** Small worlds have few dead ends: both ways to decide, and the change from one to the other, are met. */
const deadEndsMax = fc.constantFrom(0, 1, 2, 100)

test('there is a resolution exactly when brute force finds one, and it keeps every promise', async () => {
  let solvable = 0
  let impossible = 0
  await fc.assert(
    fc.asyncProperty(smallWorlds, deadEndsMax, async (world, deadEndsMax) => {
      const found = versionsOf(await resolveWorld(world, { deadEndsMax }))
      if (found === undefined) {
        impossible++
        expect(bruteForce(world)).toBeUndefined()
      } else {
        solvable++
        expect(isValid(world, found)).toBe(true)
      }
    }),
    { numRuns: 2_500 },
  )
  expect(Math.min(solvable, impossible)).toBeGreaterThan(300)
})

test('no module is taken that nothing needs', async () => {
  await fc.assert(
    fc.asyncProperty(smallWorlds, async (world) => {
      const found = versionsOf(await resolveWorld(world)) ?? {}
      expect(Object.keys(found).sort()).toEqual(reachable(world, found))
    }),
    { numRuns: 1_000 },
  )
})

function reachable(world: World, found: Readonly<Record<string, string>>): string[] {
  const needed = (list: PackageVersion['dependencies']): string[] =>
    list.filter(({ optional }) => optional !== true).map(({ id }) => id)
  const ids = new Set(needed(world.roots))
  for (const id of ids) {
    const entry = world.packages[id]?.find(({ version }) => version === found[id])
    for (const other of needed(entry?.dependencies ?? [])) ids.add(other)
  }
  return Object.keys(found).length === 0 ? [] : [...ids].sort()
}

test('no module alone could be newer, or older where the oldest is preferred', async () => {
  await fc.assert(
    fc.asyncProperty(
      smallWorlds,
      fc.constantFrom('newest' as const, 'oldest' as const),
      deadEndsMax,
      async (world, prefer, deadEndsMax) => {
        const found = versionsOf(await resolveWorld(world, { prefer, deadEndsMax })) ?? {}
        const better = Object.entries(found).flatMap(([id, chosen]) =>
          (world.packages[id] ?? [])
            .map(({ version }) => version)
            .filter((version) => compare(version, chosen) * (prefer === 'newest' ? 1 : -1) > 0)
            .map((version) => ({ ...found, [id]: version })),
        )
        expect(better.filter((choice) => isValid(world, choice))).toEqual([])
      },
    ),
    { numRuns: 1_000 },
  )
})

test('the order of what goes in changes nothing of what comes out', async () => {
  await fc.assert(
    fc.asyncProperty(smallWorlds, fc.infiniteStream(fc.nat()), async (world, dice) => {
      const shuffled = <Item>(items: readonly Item[]): Item[] =>
        items
          .map((item) => ({ item, rank: dice.next().value ?? 0 }))
          .sort((left, right) => left.rank - right.rank)
          .map(({ item }) => item)
      const other: World = {
        roots: shuffled(world.roots),
        packages: Object.fromEntries(
          shuffled(Object.entries(world.packages)).map(([id, versions]) => [
            id,
            shuffled(versions).map((entry) => ({ ...entry, dependencies: shuffled(entry.dependencies) })),
          ]),
        ),
      }
      expect(JSON.stringify(await answerOf(other))).toBe(JSON.stringify(await answerOf(world)))
    }),
    { numRuns: 1_000 },
  )
})

/** All that is told of an outcome. */
async function answerOf(world: World): Promise<unknown> {
  const outcome = await resolveWorld(world)
  if (outcome.kind === 'resolved') return { versions: versionsOf(outcome), order: outcome.order }
  return { proof: outcome.proof, ids: outcome.knownIds }
}

test('what is locked stays, where all of it still fits', async () => {
  await fc.assert(
    fc.asyncProperty(smallWorlds, async (world) => {
      const oldest = versionsOf(await resolveWorld(world, { prefer: 'oldest' })) ?? {}
      const locked = new Map(Object.entries(oldest))
      expect(versionsOf(await resolveWorld(world, { locked })) ?? {}).toEqual(oldest)
    }),
    { numRuns: 1_000 },
  )
})

test('a hundred versions of which only the oldest go together are given up in as many steps', async () => {
  const versions = Array.from({ length: 100 }, (_, index) => [Math.floor(index / 10), index % 10] as const)
  const needing = (part: 0 | 1): PackageVersion[] =>
    versions.map((parts) => ({
      version: `${parts.join('.')}.0`,
      dependencies: [{ id: 'baz', range: part === 0 ? `${parts[0]}.0.0` : `0.${parts[1]}.0` }],
    }))
  const world: World = {
    roots: ['foo', 'bar'].map((id) => ({ id, range: '*' })),
    packages: { foo: needing(0), bar: needing(1), baz: [{ version: '0.0.0', dependencies: [] }] },
  }
  expect(versionsOf(await resolveWorld(world))).toEqual({ foo: '0.9.0', bar: '9.0.0', baz: '0.0.0' })
})

test('how fast the sources answer changes nothing', async () => {
  await fc.assert(
    fc.asyncProperty(smallWorlds, fc.infiniteStream(fc.nat(5)), async (world, dice) => {
      const list = listSource('list', world.packages)
      const slow = {
        ...list,
        versions: async (id: string) => {
          for (let turns = dice.next().value ?? 0; turns > 0; turns--) await Promise.resolve()
          return list.versions(id)
        },
      }
      const found = versionsOf(await resolve({ roots: world.roots, sources: [slow] }))
      expect(found).toEqual(versionsOf(await resolveWorld(world)))
    }),
    { numRuns: 300 },
  )
})
