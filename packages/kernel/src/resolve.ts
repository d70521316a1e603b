/**
 * Which of the modules that are there fit together, and in what order they start. One function, so that a solver that
 * chooses between versions can take its place; this one has one version of each module and says who cannot be used and why.
 */
import type { Manifest } from '@nexus/sdk'
import satisfies from 'semver/functions/satisfies.js'
import { didYouMean } from './nearest.ts'
import { escapePointer } from './schema.ts'

/** Modules that the kernel itself is: others may require them, nobody may bring them. */
export const kernelModules: ReadonlyMap<string, string> = new Map([
  ['service_router', '1.0.0'],
  ['task_manager', '1.0.0'],
])

export interface Resolution {
  /** Those that fit, each after all that it depends on. */
  readonly order: readonly Manifest[]
  /** Why each of the others does not. */
  readonly refused: ReadonlyMap<string, Refusal>
}

export interface Refusal {
  readonly message: string
  readonly hint?: string
  /** Where in the manifest the reason stands, as a JSON pointer. */
  readonly pointer: string
}

export interface Dependency {
  readonly id: string
  readonly range: string
  readonly pointer: string
}

/** `candidates` are in a fixed order and have distinct ids; the outcome depends on nothing else. */
export function resolve(candidates: readonly Manifest[]): Resolution {
  const search = new Search(candidates)
  for (const manifest of candidates) search.visit(manifest)
  return search
}

/** A walk down the dependencies, each module once, that remembers what came of it. */
class Search implements Resolution {
  readonly order: Manifest[] = []
  readonly refused = new Map<string, Refusal>()
  readonly #byId: ReadonlyMap<string, Manifest>
  readonly #visited = new Set<string>()
  /** The ids on the way from where the walk began to here. */
  readonly #way: string[] = []

  constructor(candidates: readonly Manifest[]) {
    this.#byId = new Map(candidates.map((manifest) => [manifest.id, manifest]))
  }

  /** Puts the module in order after all that it depends on, or says why it cannot be used. */
  visit(manifest: Manifest): Refusal | undefined {
    if (this.#visited.has(manifest.id)) return this.refused.get(manifest.id)
    this.#way.push(manifest.id)
    const refusal = ownRefusal(manifest) ?? this.#firstUnmet(manifest)
    this.#way.pop()
    this.#visited.add(manifest.id)
    if (refusal === undefined) this.order.push(manifest)
    else this.refused.set(manifest.id, refusal)
    return refusal
  }

  #firstUnmet(manifest: Manifest): Refusal | undefined {
    for (const dependency of dependenciesOf(manifest)) {
      const unmet = this.#unmet(manifest, dependency)
      if (unmet !== undefined) return { pointer: dependency.pointer, ...unmet }
    }
    return undefined
  }

  #unmet(manifest: Manifest, { id, range }: Dependency): Omit<Refusal, 'pointer'> | undefined {
    const wants = `Module "${manifest.id}" ${manifest.version} needs "${id}" ${range}`
    const other = this.#byId.get(id)
    const version = kernelModules.get(id) ?? other?.version
    if (version === undefined) return { message: `${wants}, which is not here.`, ...this.#nearestHint(id) }
    if (!satisfies(version, range)) return { message: `${wants}, but what is here is "${id}" ${version}.` }
    if (other === undefined || kernelModules.has(id)) return undefined
    if (this.#way.includes(id)) {
      return { message: `${wants}, and they depend on each other in a circle: ${this.#circle(id)}.` }
    }
    const why = this.visit(other)
    return why === undefined
      ? undefined
      : { message: `${wants}, which cannot be used itself: ${why.message}` }
  }

  #circle(id: string): string {
    return [...this.#way.slice(this.#way.indexOf(id)), id].map((name) => `"${name}"`).join(' → ')
  }

  #nearestHint(id: string): { hint?: string } {
    const hint = didYouMean(id, [...kernelModules.keys(), ...this.#byId.keys()])
    return hint === undefined ? {} : { hint }
  }
}

function ownRefusal({ id }: Manifest): Refusal | undefined {
  if (!kernelModules.has(id)) return undefined
  return {
    pointer: '/id',
    message: `"${id}" is a module of the kernel itself.`,
    hint: 'Give this one another id.',
  }
}

/** What a module depends on, in the manifest's order. */
export function dependenciesOf(manifest: Manifest): Dependency[] {
  return (manifest.dependencies?.modules ?? []).flatMap((entry, index) =>
    Object.entries(entry).map(([id, range]) => ({
      id,
      range,
      pointer: `/dependencies/modules/${index}/${escapePointer(id)}`,
    })),
  )
}

/** The modules with these ids and all that they depend on, however far. */
export function withDependencies(ids: readonly string[], manifests: readonly Manifest[]): Set<string> {
  const byId = new Map(manifests.map((manifest) => [manifest.id, manifest]))
  const wanted = new Set(ids)
  for (const id of wanted) {
    const manifest = byId.get(id)
    if (manifest !== undefined) for (const dependency of dependenciesOf(manifest)) wanted.add(dependency.id)
  }
  return wanted
}
