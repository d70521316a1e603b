/** Small worlds of modules for tests: written by hand in a line each, or drawn by fast-check and solved by brute force. */
import * as fc from 'fast-check'
import satisfies from 'semver/functions/satisfies.js'
import { listSource, type PackageVersion, type Requirement } from '../../src/resolution/package_source.ts'
import { resolve, type Outcome, type ResolveOptions } from '../../src/resolution/resolve.ts'

export type Packages = Readonly<Record<string, readonly PackageVersion[]>>

/** Ids to ranges; one that begins with `?` is optional, one that begins with `!` is a conflict. */
export type Needs = Readonly<Record<string, string>>

/** `{ 'foo 1.0.0': { bar: '^1.0.0', baz: '?^2.0.0', qux: '!*' } }`. */
export function packages(world: Readonly<Record<string, Needs>>): Packages {
  const found: Record<string, PackageVersion[]> = {}
  for (const [name, needs] of Object.entries(world)) {
    const [id = '', version = ''] = name.split(' ')
    const conflicts = Object.entries(needs).filter(([, range]) => range.startsWith('!'))
    const dependencies = requirements(needs)
    const entry = {
      version,
      dependencies,
      conflicts: Object.fromEntries(conflicts.map(([other, range]) => [other, range.slice(1)])),
    }
    ;(found[id] ??= []).push(entry)
  }
  return found
}

export function requirements(needs: Needs): Requirement[] {
  return Object.entries(needs)
    .filter(([, range]) => !range.startsWith('!'))
    .map(([id, range]) =>
      range.startsWith('?') ? { id, range: range.slice(1), optional: true } : { id, range },
    )
}

export interface World {
  readonly roots: readonly Requirement[]
  readonly packages: Packages
}

export async function resolveWorld(
  world: World,
  options: Partial<Omit<ResolveOptions, 'roots' | 'sources'>> = {},
): Promise<Outcome> {
  return resolve({ roots: world.roots, sources: [listSource('list', world.packages)], ...options })
}

/** The versions that a resolution gave, or undefined where there is none. */
export function versionsOf(outcome: Outcome): Record<string, string> | undefined {
  if (outcome.kind === 'failed') return undefined
  return Object.fromEntries([...outcome.versions].map(([id, { version }]) => [id, version]))
}

export type Choice = Readonly<Record<string, string>>

function versionIn(world: World, id: string, version: string | undefined): PackageVersion | undefined {
  return world.packages[id]?.find((other) => other.version === version)
}

/** Whether a choice of versions keeps every promise, by semver's own word. */
export function isValid(world: World, choice: Choice): boolean {
  const met = ({ id, range, optional }: Requirement): boolean => {
    const version = choice[id]
    return version === undefined ? optional === true : satisfies(version, range)
  }
  return (
    world.roots.every(met) &&
    hasOrder(world, choice) &&
    Object.entries(choice).every(([id, version]) => {
      const entry = versionIn(world, id, version)
      if (entry === undefined || !entry.dependencies.every(met)) return false
      return Object.entries(entry.conflicts ?? {}).every(([other, range]) => {
        const there = other === id ? undefined : choice[other]
        return there === undefined || !satisfies(there, range)
      })
    })
  )
}

/** Whether each module can start after all that it needs: those that need nothing more go first, until none is left. */
function hasOrder(world: World, choice: Choice): boolean {
  const left = new Map(Object.entries(choice))
  const waits = (id: string, version: string): boolean =>
    versionIn(world, id, version)?.dependencies.some((other) => !other.optional && left.has(other.id)) ===
    true
  for (;;) {
    const ready = [...left].find(([id, version]) => !waits(id, version))
    if (ready === undefined) return left.size === 0
    left.delete(ready[0])
  }
}

/** Every choice there is, tried one by one. */
export function bruteForce(world: World): Choice | undefined {
  const ids = Object.keys(world.packages)
  const search = (index: number, choice: Choice): Choice | undefined => {
    const id = ids[index]
    if (id === undefined) return isValid(world, choice) ? choice : undefined
    for (const { version } of world.packages[id] ?? []) {
      const found = search(index + 1, { ...choice, [id]: version })
      if (found !== undefined) return found
    }
    return search(index + 1, choice)
  }
  return search(0, {})
}

const ids = ['a', 'b', 'c', 'd', 'e']
const versions = ['1.0.0-a', '1.0.0', '1.1.0', '2.0.0-b.1', '2.0.0', '3.0.0']
const ranges = fc.constantFrom(
  '*',
  '^1.0.0',
  '^2.0.0',
  '1.0.0',
  '>=1.1.0',
  '<2.0.0',
  '>=2.0.0-0',
  '^1.0.0-0',
  '<=2.0.0-b.1',
  '1.0.0 || 3.0.0',
  '^4.0.0',
)
const requirement = fc.record({
  // One more id than there are modules.
  id: fc.constantFrom(...ids, 'f'),
  range: ranges,
  optional: fc.constantFrom(false, false, false, true),
})
/** What a version says of others. */
const saying = fc.record({
  dependencies: fc.uniqueArray(requirement, { maxLength: 3, selector: ({ id }) => id }),
  conflicts: fc.oneof(
    { weight: 3, arbitrary: fc.constant({}) },
    fc.dictionary(fc.constantFrom(...ids), ranges, { minKeys: 1, maxKeys: 1 }),
  ),
})
/** Up to four versions that have two things to say between them, so that some say the same, neighbours or not. */
const someVersions = fc
  .tuple(saying, saying, fc.subarray(versions, { maxLength: 4 }), fc.infiniteStream(fc.boolean()))
  .map(([one, other, chosen, coins]) =>
    chosen.map((version): PackageVersion => ({ version, ...(coins.next().value === true ? one : other) })),
  )

/** Worlds small enough for brute force, with everything in them that a resolution can meet. */
export const smallWorlds: fc.Arbitrary<World> = fc.record({
  roots: fc.uniqueArray(requirement, { minLength: 1, maxLength: 3, selector: ({ id }) => id }),
  packages: fc.record({
    a: someVersions,
    b: someVersions,
    c: someVersions,
    d: someVersions,
    e: someVersions,
  }),
})
