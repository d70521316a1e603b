/**
 * What the sources have: what was found in the folders, what was chosen of it, and what keeps the rest out. It says and
 * tells; what serves is changed by others.
 */
import type { Log } from '@nexus/sdk'
import { isDeepStrictEqual } from 'node:util'
import { choose, type Choice, type ChooseOptions } from './choosing/choose.ts'
import { isSame } from './choosing/passed_over.ts'
import { storeName } from './choosing/pool.ts'
import type { Wishes } from './choosing/wishes.ts'
import { discover, type FoundModule, type Source } from './discover.ts'
import { storedCandidate } from './lineage.ts'
import type { GenerationJournal } from './generation_journal.ts'
import type { ManifestCache } from './manifest_cache.ts'
import type { DescribeParts } from './module_info.ts'
import { didYouMean } from './nearest.ts'
import { outdatedIn, type Outdated } from './outdated.ts'
import { formatProblem, type Problem } from './problem.ts'
import type { Candidate, Prepared } from './stage.ts'

export interface CatalogueParts {
  readonly sources: readonly Source[]
  readonly wishes: Wishes
  readonly readManifest: ManifestCache['read']
  readonly journal: GenerationJournal
  readonly prepare: ChooseOptions['prepare']
  readonly log: Log
}

export class Catalogue {
  readonly #parts: CatalogueParts
  #found: readonly FoundModule[] = []
  #choice: Choice | undefined
  /** What kept modules from starting, by id. */
  #failures: ReadonlyMap<string, readonly Problem[]> = new Map()

  constructor(parts: CatalogueParts) {
    this.#parts = parts
  }

  /** What the folders have now. */
  discover(): void {
    this.#found = discover(this.#parts.sources, this.#parts.readManifest)
  }

  /** Chooses among that and what served before; see `choose`. */
  async choose(refused: ChooseOptions['refused'] = []): Promise<Choice['prepared']> {
    const { sources, wishes, journal, prepare } = this.#parts
    this.#choice = await choose({
      found: this.#found,
      sources,
      wishes,
      before: journal.current(),
      refused,
      served: (id, artifact) => journal.find(id, artifact),
      prepare,
    })
    return this.#choice.prepared
  }

  /** Whether something else could take the place of what was chosen: the very same that served before would not. */
  hasOther({ candidate, artifact, config }: Prepared): boolean {
    const offers = this.#choice?.pool.of(candidate.id) ?? []
    return offers.some(({ candidate: other }) => {
      const { stored } = other
      const isAgain = stored?.artifact === artifact.digest && isDeepStrictEqual(stored.config, config)
      return !isSame(other, candidate) && !isAgain
    })
  }

  /** Takes what kept modules from starting, and tells the operator what was not as it is written. */
  settle(failures: ReadonlyMap<string, readonly Problem[]>): void {
    this.#failures = failures
    const { log } = this.#parts
    const { prepared = [], differences = [] } = this.#choice ?? {}
    for (const difference of differences) log.warn(`${difference} To take what is there: nexus modules lock`)
    for (const { candidate } of prepared) {
      const { id, manifest, stored } = candidate
      if (!stored || this.#brokenNearer(candidate).length === 0) continue
      log.warn(
        `What is in the folder of "${id}" cannot be used; version ${manifest.version} of before goes on.`,
      )
    }
  }

  /** The folders that would serve in the place of what does, and cannot. */
  outdated(): readonly Outdated[] {
    const broken = (candidate: Candidate): readonly Pick<Outdated, 'folder' | 'problems'>[] =>
      this.#brokenNearer(candidate).map((found) => ({ folder: found.folder, problems: this.#keptOut(found) }))
    return outdatedIn(this.#choice?.prepared ?? [], broken, this.#parts.journal)
  }

  #brokenNearer(candidate: Candidate): readonly FoundModule[] {
    return this.#found.filter(
      (found) =>
        found.id === candidate.id &&
        found.source >= candidate.source &&
        !isSame(found, candidate) &&
        this.#keptOut(found).length > 0,
    )
  }

  /** Tells of configuration that no module gets. */
  reportUnused(config: Readonly<Record<string, unknown>>): void {
    for (const id of Object.keys(config)) {
      if (this.ids.includes(id)) continue
      const hint = didYouMean(id, this.ids) ?? ''
      this.#parts.log.warn(`There is configuration for a module "${id}", which is not here. ${hint}`.trim())
    }
  }

  get found(): readonly FoundModule[] {
    return this.#found
  }

  /** Of the modules in the folders. */
  get ids(): readonly string[] {
    return this.#found.map(({ id }) => id)
  }

  find(id: string): FoundModule | undefined {
    return this.#found.findLast((module) => module.id === id)
  }

  /** The modules of the folders that can be used. */
  offered(): readonly Candidate[] {
    return this.#found.flatMap((found) => {
      const { manifest } = found
      return manifest && this.#keptOut(found).length === 0 ? [{ ...found, manifest }] : []
    })
  }

  /** What keeps a module of the folders from being chosen. */
  #keptOut(found: FoundModule): readonly Problem[] {
    return [...found.problems, ...(this.#choice?.problems.get(found.file) ?? [])]
  }

  /** What is said of each to a person. */
  describe(): Omit<DescribeParts, 'generation' | 'versionsOf'> {
    return {
      found: this.#found,
      serving: this.#serving(),
      problemsOf: (candidate) => [
        ...(this.#choice?.problems.get(candidate.file) ?? []),
        ...(this.#failures.get(candidate.id) ?? []),
      ],
      nameOf: (candidate) => this.#choice?.pool.nameOf(candidate) ?? storeName,
      wanted: this.#parts.wishes.modules ?? {},
    }
  }

  /** What was chosen, and in its place, or beside it, what a change has brought in. */
  #serving(): ReadonlyMap<string, Candidate> {
    const chosen = (this.#choice?.prepared ?? []).map(({ candidate }) => [candidate.id, candidate] as const)
    const brought = Object.entries(this.#parts.journal.current()?.modules ?? {}).flatMap(([id, module]) =>
      module.instead_of === undefined ? [] : [[id, storedCandidate(module)] as const],
    )
    return new Map([...chosen, ...brought])
  }
}

/** Problems of modules, as the operator is told them. */
export function reportProblems(
  modules: readonly { readonly id: string; readonly problems: readonly Problem[] }[],
  log: Log,
): void {
  for (const { id, problems } of modules)
    for (const problem of problems) log.warn(formatProblem(problem), { module: id })
}
