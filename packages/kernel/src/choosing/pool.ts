/**
 * Every candidate that there is, with how near it is: the folders, each with what served before from it right behind it,
 * since that goes on where the folder cannot. Owns how candidates become sources for the solver, and come back from its
 * answer. It never chooses.
 */
import { invariant } from '@nexus/sdk'
import type { FoundModule, Source } from '../discover.ts'
import type { StoredModule } from '../generation_journal.ts'
import { storedCandidate } from '../lineage.ts'
import type { PackageSource, SourcedVersion } from '../resolution/package_source.ts'
import { versionOf } from '../resolution/manifest_requirements.ts'
import type { Candidate } from '../stage.ts'

/** One candidate, at its distance. */
export interface Offer {
  readonly candidate: Candidate
  /** Lower is nearer. */
  readonly distance: number
}

export class Pool {
  readonly #sources: readonly Source[]
  readonly #offers = new Map<string, Offer>()

  constructor(sources: readonly Source[]) {
    this.#sources = sources
  }

  addFolder(found: FoundModule): void {
    const { manifest } = found
    if (manifest === undefined) return
    this.#add({ candidate: { ...found, manifest }, distance: 2 * this.#farness(found.source) })
  }

  /** What served before, behind the folder that it is from; with `first`, before everything. */
  addStored(module: StoredModule, { first = false } = {}): void {
    const distance = first ? -1 : 2 * this.#farness(module.source) + 1
    this.#add({ candidate: storedCandidate(module), distance })
  }

  /** Later sources are nearer to the user. */
  #farness(source: number): number {
    return Math.max(0, this.#sources.length - 1 - source)
  }

  #add(offer: Offer): void {
    this.#offers.set(originOf(offer.candidate), offer)
  }

  remove({ candidate }: Offer): void {
    this.#offers.delete(originOf(candidate))
  }

  /** The candidates for a module, the nearest first. */
  of(id: string): readonly Offer[] {
    return [...this.#offers.values()]
      .filter(({ candidate }) => candidate.id === id)
      .toSorted((left, right) => left.distance - right.distance)
  }

  get ids(): readonly string[] {
    return [...new Set([...this.#offers.values()].map(({ candidate }) => candidate.id))]
  }

  /** The nearest first. */
  get sources(): readonly PackageSource[] {
    const distances = new Set([...this.#offers.values()].map(({ distance }) => distance))
    return [...distances].toSorted((a, b) => a - b).map((distance) => this.#sourceAt(distance))
  }

  #sourceAt(at: number): PackageSource {
    const here = [...this.#offers.values()].filter(({ distance }) => distance === at)
    const byId = Map.groupBy(here, ({ candidate }) => candidate.id)
    return {
      name: this.nameOf(here[0]?.candidate),
      ids: async () => [...byId.keys()],
      versions: async (id) =>
        (byId.get(id) ?? []).map(({ candidate }) => versionOf(candidate.manifest, originOf(candidate))),
    }
  }

  /** What its source is called. */
  nameOf(candidate: Pick<Candidate, 'source' | 'stored'> | undefined): string {
    if (candidate === undefined || candidate.stored) return storeName
    return this.#sources[candidate.source]?.name ?? storeName
  }

  offerOf({ origin = '' }: SourcedVersion): Offer {
    const offer = this.#offers.get(origin)
    invariant(offer, 'an answer is made of what there is')
    return offer
  }
}

/** What the artifacts are called that served before, where a source is named. */
export const storeName = 'store'

function originOf({ id, folder, stored }: Candidate): string {
  return stored ? `${id} sha256:${stored.artifact}` : `${id} ${folder}`
}
