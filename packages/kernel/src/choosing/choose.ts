/**
 * Which modules serve: of all that the folders have and of what served before, the solver takes what goes together, the
 * nearest first. What was asked for in writing must be had; of the rest, a module that fits nowhere is left out with the
 * derivation of why, and the others go on. What cannot be built does not count, and something else takes its place.
 */
import { NexusError } from '@nexus/sdk'
import type { FoundModule, Source } from '../discover.ts'
import type { Refused } from '../changes/from_sources.ts'
import type { StoredGeneration, StoredModule } from '../generation_journal.ts'
import { ModuleFailure } from '../host.ts'
import type { Problem } from '../problem.ts'
import { explain } from '../resolution/explain.ts'
import { kernelModules } from '../resolution/kernel_modules.ts'
import { lockedVersions } from '../resolution/lock.ts'
import type { Requirement } from '../resolution/package_source.ts'
import { resolve, type Failure, type Outcome, type Resolution } from '../resolution/resolve.ts'
import type { Candidate, Prepared } from '../stage.ts'
import { culpritOf, problemOf } from './culprit.ts'
import { differencesFrom, type Offered } from './lock_differences.ts'
import { Pool, type Offer } from './pool.ts'
import { asker, type Wishes } from './wishes.ts'

export interface ChooseOptions {
  readonly found: readonly FoundModule[]
  readonly sources: readonly Source[]
  readonly wishes: Wishes
  readonly before: StoredGeneration | undefined
  /** What was chosen before and turned out not to be usable. */
  readonly refused?: readonly Refused[]
  /** A module that served once, by its artifact. */
  readonly served: (id: string, artifact: string) => StoredModule | undefined
  /** Checks and builds; those that cannot be used are not in what comes back. */
  readonly prepare: (candidates: readonly Candidate[]) => Promise<{
    readonly prepared: readonly Prepared[]
    readonly problems: ReadonlyMap<string, readonly Problem[]>
  }>
}

export interface Choice {
  /** Each after what it depends on. */
  readonly prepared: readonly Prepared[]
  /** What keeps a candidate out, by the file of its manifest. */
  readonly problems: ReadonlyMap<string, readonly Problem[]>
  /** What of the lock does not hold any more, in sentences. */
  readonly differences: readonly string[]
  readonly pool: Pool
}

/** Rejects with `ModuleFailure` where what is asked for in writing cannot be had, or differs from a lock that is frozen. */
export function choose(options: ChooseOptions): Promise<Choice> {
  return new Choosing(options).choose()
}

class Choosing {
  readonly #options: ChooseOptions
  readonly #pool: Pool
  readonly #problems = new Map<string, readonly Problem[]>()
  readonly #prepared = new Map<Candidate, Prepared>()
  /** Modules that are there and go with nothing. */
  readonly #leftOut = new Set<string>()
  /** Modules that a change chose, instead of what the folders have. */
  readonly #chosenBefore = new Set<string>()
  /** What the folders have in the place of what is locked. */
  readonly #unlocked = new Map<string, Offered>()

  constructor(options: ChooseOptions) {
    this.#options = options
    this.#pool = new Pool(options.sources)
  }

  async choose(): Promise<Choice> {
    this.#fillPool()
    await this.#keepWhatWasChosen()
    for (;;) {
      const outcome = await this.#resolve(this.#roots())
      if (outcome.kind === 'failed') {
        this.#giveWay(outcome)
        continue
      }
      const prepared = await this.#prepareAll(outcome)
      if (prepared === undefined || this.#takeLocked(prepared)) continue
      await this.#sayWhatGaveWay(prepared)
      return this.#choiceOf(prepared)
    }
  }

  #resolve(roots: readonly Requirement[]): Promise<Outcome> {
    return resolve({ roots, sources: this.#pool.sources, prefer: 'nearest', locked: this.#locked() })
  }

  #fillPool(): void {
    const { found, before, wishes } = this.#options
    for (const module of found) {
      if (!kernelModules.has(module.id)) this.#pool.addFolder(module)
      else if (module.manifest)
        this.#refuse(module, module.problemAt('/id', ownedByKernel(module.id), otherId))
    }
    for (const { candidate, problem } of this.#options.refused ?? []) {
      this.#refuse(candidate, problem)
      this.#pool.remove({ candidate, distance: 0 })
    }
    for (const module of Object.values(before?.modules ?? {})) this.#pool.addStored(module)
    for (const [id, { source, enabled }] of Object.entries(wishes.modules ?? {})) {
      for (const offer of this.#pool.of(id)) {
        const { candidate } = offer
        const from = this.#options.sources[candidate.source]?.name
        if (!enabled || (source !== undefined && source !== from)) this.#pool.remove(offer)
      }
    }
  }

  /** A change chose something instead of what the folders have, or nothing: that holds for as long as they have the same. */
  async #keepWhatWasChosen(): Promise<void> {
    const { before } = this.#options
    if (!before) return
    const { modules, removed } = before
    const ids = [...Object.keys(modules).filter((id) => modules[id]?.instead_of), ...Object.keys(removed)]
    const offers = ids.flatMap((id) => this.#pool.of(id)).filter(({ candidate }) => !candidate.stored)
    await this.#prepare(offers)
    for (const offer of offers) {
      const { id } = offer.candidate
      const digest = this.#prepared.get(offer.candidate)?.artifact.digest
      if (digest === removed[id] && !(id in modules))
        for (const each of this.#pool.of(id)) this.#pool.remove(each)
      if (digest === undefined || digest !== modules[id]?.instead_of) continue
      this.#pool.remove(offer)
      this.#chosenBefore.add(id)
    }
  }

  #roots(): readonly Requirement[] {
    const { found, before, wishes } = this.#options
    const wanted = Object.entries(wishes.modules ?? {}).map(([id, { range, enabled }]) => {
      if (enabled) return { id, range }
      return { id, range: noRange, optional: true, because: `${asker} switches "${id}" off` }
    })
    const brought = Object.keys(before?.modules ?? {}).filter((id) => before?.modules[id]?.instead_of === '')
    const there = new Set(wishes.only ?? [...found.map(({ id }) => id), ...brought])
    const rest = [...there].filter(
      (id) =>
        !(wishes.modules && id in wishes.modules) && !this.#leftOut.has(id) && this.#pool.of(id).length > 0,
    )
    return [...wanted, ...rest.map((id) => ({ id, range: this.#anyOf(id), because: `"${id}" is here` }))]
  }

  /** A range of all that there is, pre-releases too. */
  #anyOf(id: string): string {
    return this.#pool
      .of(id)
      .map(({ candidate }) => candidate.manifest.version)
      .join(' || ')
  }

  #locked(): ReadonlyMap<string, string> {
    const { lock } = this.#options.wishes
    return lock ? lockedVersions(lock) : new Map()
  }

  /** Not all goes together: what served before takes the place of a folder, or a module is left out. */
  #giveWay(failure: Failure): void {
    const nearest = (id: string): Offer | undefined => this.#pool.of(id)[0]
    const id = culpritOf(failure, (each) => nearest(each)?.distance ?? 0)
    const offer = id === undefined ? undefined : nearest(id)
    if (id === undefined || offer === undefined) throw this.#unresolved(failure)
    const { candidate } = offer
    // Of what served before, the folder that was refused has said it already.
    if (!candidate.stored || !this.#problems.has(candidate.file))
      this.#refuse(candidate, problemOf(failure, candidate))
    if (this.#hides(offer)) this.#pool.remove(offer)
    else this.#leftOut.add(id)
  }

  /** Whether the same version would be there without it. */
  #hides({ candidate }: Offer): boolean {
    const others = this.#pool.of(candidate.id).filter((other) => other.candidate !== candidate)
    return others.some((other) => other.candidate.manifest.version === candidate.manifest.version)
  }

  #unresolved(failure: Failure): ModuleFailure {
    const wanted = Object.entries(this.#options.wishes.modules ?? {})
    const text = explain(failure, { root: asker })
    const place = wanted.find(([id]) => text.includes(`"${id}"`))?.[1].at
    return new ModuleFailure(`${place === undefined ? '' : `${place}: `}${text}`)
  }

  #refuse({ file }: Pick<FoundModule, 'file'>, ...problems: readonly Problem[]): void {
    this.#problems.set(file, [...(this.#problems.get(file) ?? []), ...problems])
  }

  /** Undefined where something cannot be built: then it is no candidate any more. */
  async #prepareAll({ order, versions }: Resolution): Promise<readonly Prepared[] | undefined> {
    const offers = order.flatMap((id) => {
      const version = versions.get(id)
      return version ? [this.#pool.offerOf(version)] : []
    })
    if (!(await this.#prepare(offers))) return undefined
    return offers.flatMap(({ candidate }) => this.#prepared.get(candidate) ?? [])
  }

  async #prepare(offers: readonly Offer[]): Promise<boolean> {
    const fresh = offers.filter(({ candidate }) => !this.#prepared.has(candidate))
    // By id, since problems are: of one id there is more than one candidate where changes are looked at again.
    const rounds = Map.groupBy(fresh, (offer) =>
      fresh.filter(({ candidate }) => candidate.id === offer.candidate.id).indexOf(offer),
    )
    let good = true
    for (const round of rounds.values()) {
      const { prepared, problems } = await this.#options.prepare(round.map(({ candidate }) => candidate))
      for (const parts of prepared) this.#prepared.set(parts.candidate, parts)
      for (const offer of round) {
        const wrong = problems.get(offer.candidate.id)
        if (!wrong) continue
        good = false
        this.#pool.remove(offer)
        this.#refuse(offer.candidate, ...wrong)
      }
    }
    return good
  }

  /** Exactly what is locked, where it was built once, takes the place of what the folders have by now. */
  #takeLocked(prepared: readonly Prepared[]): boolean {
    const { wishes, served } = this.#options
    let found = false
    for (const { candidate, artifact } of prepared) {
      const { id } = candidate
      const { digest } = wishes.lock?.modules.get(id) ?? {}
      if (digest === undefined || this.#unlocked.has(id) || this.#chosenBefore.has(id)) continue
      const folder = this.#pool.of(id).find((offer) => !offer.candidate.stored)?.candidate
      if (folder)
        this.#unlocked.set(id, { candidate: folder, digest: this.#prepared.get(folder)?.artifact.digest })
      const module = digest === artifact.digest ? undefined : served(id, digest)
      if (module) this.#pool.addStored(module, { first: true })
      found ||= module !== undefined
    }
    return found
  }

  /** Where what served before goes on although its folder could be used: why what is in the folder does not fit. */
  async #sayWhatGaveWay(prepared: readonly Prepared[]): Promise<void> {
    for (const { candidate } of prepared) {
      const { id, stored } = candidate
      const folder = this.#pool.of(id).find((offer) => !offer.candidate.stored)
      if (!stored || !folder || this.#unlocked.has(id) || this.#chosenBefore.has(id)) continue
      const { version } = folder.candidate.manifest
      const others = this.#roots().filter((root) => root.id !== id || root.because === undefined)
      const outcome = await this.#resolve([...others, { id, range: version, because: `"${id}" is here` }])
      if (outcome.kind === 'failed') this.#refuse(folder.candidate, problemOf(outcome, folder.candidate))
    }
  }

  #choiceOf(prepared: readonly Prepared[]): Choice {
    const { wishes } = this.#options
    const differences = differencesFrom(wishes, prepared, this.#unlocked)
    if (wishes.frozen === true && differences.length > 0) {
      const next = 'Write it anew with: nexus modules lock'
      throw new NexusError('lock_differs', `${differences.join('\n')}\n${next}`)
    }
    return { prepared, problems: this.#problems, differences, pool: this.#pool }
  }
}

const noRange = '<0.0.0-0'
const otherId = 'Give this one another id.'

function ownedByKernel(id: string): string {
  return `"${id}" is a module of the kernel itself.`
}
