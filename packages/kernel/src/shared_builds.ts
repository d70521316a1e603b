/**
 * What was built of modules that come with an installation, kept beside it for all data directories, so that a new one
 * need not build them again. It is a cache: one that cannot be read or written costs time and nothing else, and what is in
 * it is checked against its digest, and its digest against the sources.
 */
import { openArtifactStore, type Artifact, type ArtifactStore } from './artifact.ts'
import { openBuildCache, type BuildCache } from './build_cache.ts'
import { isInside } from './discover.ts'

export interface SharedBuildsOptions {
  readonly folder: string
  /** Whose modules are kept there. */
  readonly sources: readonly string[]
}

export class SharedBuilds {
  readonly #sources: readonly string[]
  readonly #store: ArtifactStore | undefined
  readonly #cache: BuildCache | undefined

  constructor({ folder, sources }: SharedBuildsOptions, format: string) {
    this.#sources = sources
    this.#store = attempt(() => openArtifactStore(folder))
    this.#cache = this.#store && openBuildCache(this.#store.folder, format)
  }

  /** The artifact that a module's sources still give; `into` learns what it was made of. */
  find(folder: string, recipe: string, into: BuildCache): Artifact | undefined {
    if (!this.#covers(folder) || !this.#cache) return undefined
    const digest = this.#cache.lookup(folder, recipe)
    const artifact = digest === undefined ? undefined : this.#store?.get(digest)
    if (artifact !== undefined) into.adopt(folder, this.#cache)
    return artifact
  }

  /** Keeps what was built just now, as `from` knows it. */
  keep(folder: string, artifact: Artifact, from: BuildCache): void {
    if (!this.#covers(folder)) return
    attempt(() => this.#store?.put(artifact.code))
    this.#cache?.adopt(folder, from)
  }

  save(): void {
    attempt(() => this.#cache?.save())
  }

  #covers(folder: string): boolean {
    return this.#sources.some((source) => isInside(source, folder))
  }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined // the installation may be read-only
  }
}
