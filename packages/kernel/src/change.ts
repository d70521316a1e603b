/**
 * From one generation to the next, in the steps of the design: resolve, verify, stage and probe beside what is live, hand
 * over, commit, and drain what has left. One change at a time. A failure before the commit leaves the live generation
 * untouched; after it, the journal has the new one, and a restart comes back to it.
 */
import { NexusError, type Clock, type JsonObject, type Log } from '@nexus/sdk'
import { checkPermissions, checkTogether, throwProblems } from './changes/checks.ts'
import { Draining } from './changes/draining.ts'
import { knownVersion } from './changes/known_version.ts'
import { Stopwatch } from './changes/stopwatch.ts'
import {
  changesBetween,
  configured,
  insteadOf,
  removedBy,
  sameModules,
  staysOut,
  storedModule,
} from './changes/stored_modules.ts'
import { discoverAt, type ReadManifest } from './discover.ts'
import type { Fleet } from './fleet.ts'
import type { GenerationJournal, StoredGeneration } from './generation_journal.ts'
import { ModuleFailure } from './host.ts'
import { storedCandidate, type Lineage } from './lineage.ts'
import { formatProblem, type Problem } from './problem.ts'
import type { ChangedModule, Receipt, Step } from './receipt.ts'
import type { Slot } from './slot.ts'
import { prepare, stage, type Candidate, type Prepared, type StageOptions } from './stage.ts'

export interface Change {
  /** Folders of modules that come in, each in the place of the one with its id. */
  readonly folders?: readonly string[]
  /** Versions that served here before, by module id; each comes in the place of the one with its id. */
  readonly versions?: Readonly<Record<string, string>>
  /** Ids of modules that leave. */
  readonly remove?: readonly string[]
  /** New configuration by module id, whole. */
  readonly config?: Readonly<Record<string, JsonObject>>
  /** Whether runs in flight go over to what comes in, or stay; by default a major version keeps them, others do not. */
  readonly runs?: 'follow' | 'pin'
  /** Said by somebody who has seen which permissions come on top. */
  readonly consent?: boolean
}

export interface ChangeParts {
  readonly journal: GenerationJournal
  readonly lineage: Lineage
  readonly fleet: Fleet
  readonly staging: StageOptions
  readonly clock: Clock
  readonly log: Log
  readonly readManifest: ReadManifest
  /** Told after each step. */
  readonly stepped: (step: Step) => void
}

export class Changes {
  readonly #parts: ChangeParts
  readonly #draining: Draining
  #queue: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(parts: ChangeParts) {
    this.#parts = parts
    this.#draining = new Draining(parts)
  }

  /** One change after the other. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(() => {
      if (this.#closed) throw new NexusError('closed', 'This kernel is closed.')
      return this.#draining.pausedFor(work)
    })
    this.#queue = done.catch(() => {})
    return done
  }

  apply(change: Change): Promise<Receipt> {
    return this.exclusively(() => this.#apply(change))
  }

  async #apply(change: Change): Promise<Receipt> {
    const ms = new Stopwatch(this.#parts.clock, this.#parts.stepped)
    const { journal } = this.#parts
    const before = journal.current()
    const candidates = this.#candidates(change, before)
    await checkTogether(candidates)
    ms.lap('resolve')
    checkPermissions(candidates, before, change.consent === true)
    const prepared = await this.#prepareAll(candidates, change)
    ms.lap('verify')
    const slots = await this.#stageAll(prepared)
    ms.lap('stage')
    const modules = this.#modulesOf(prepared, before, change)
    return this.#commit(slots, { modules, removed: removedBy(change, modules, before) }, ms)
  }

  /** What the next generation is made of: what stays as it is stored, what comes in as it is found. */
  #candidates(
    { folders = [], versions = {}, remove = [], config = {} }: Change,
    before: StoredGeneration | undefined,
  ): Candidate[] {
    const modules = new Map<string, Candidate>()
    for (const [id, module] of Object.entries(before?.modules ?? {})) {
      modules.set(id, storedCandidate(configured(module, config[id])))
    }
    for (const [id, version] of Object.entries(versions)) {
      const known = knownVersion(id, version, this.#parts.journal.list())
      const given = config[id] ?? before?.modules[id]?.configured
      modules.set(id, storedCandidate(configured(known, given)))
    }
    for (const id of [...remove, ...Object.keys(config)]) {
      if (!modules.has(id))
        throw new ModuleFailure(`No module "${id}" is in use. In use: ${[...modules.keys()].join(', ')}.`)
    }
    for (const id of remove) modules.delete(id)
    for (const folder of folders) {
      const found = this.#find(folder)
      modules.set(found.id, found)
    }
    return [...modules.values()]
  }

  #find(folder: string): Candidate {
    const before = this.#parts.journal.current()
    const found = attempt(folder, () => discoverAt(folder, 0, this.#parts.readManifest))
    const { manifest } = found
    if (manifest === undefined) throw new ModuleFailure(found.problems.map(formatProblem).join('\n'))
    return { ...found, manifest, source: before?.modules[found.id]?.source ?? 0 }
  }

  async #prepareAll(candidates: readonly Candidate[], { config }: Change): Promise<readonly Prepared[]> {
    const { prepared, problems } = await prepare(candidates, this.#stagingWith(config))
    throwProblems(problems)
    return prepared
  }

  /** What changes gave comes before what this process was started with. */
  #stagingWith(config: Change['config'] = {}): StageOptions {
    const { staging, journal } = this.#parts
    const given = Object.entries(journal.current()?.modules ?? {}).flatMap(([id, module]) =>
      module.configured === undefined ? [] : [[id, module.configured] as const],
    )
    return { ...staging, config: { ...staging.config, ...Object.fromEntries(given), ...config } }
  }

  /** What is new starts beside what is live. */
  async #stageAll(prepared: readonly Prepared[]): Promise<readonly Slot[]> {
    const { fleet, staging } = this.#parts
    const up = new Set(fleet.slots)
    const { slots, problems } = await stage(prepared, staging)
    if (problems.size === 0) return slots
    const seen = this.#parts.lineage.needed() // what a run in flight has started meanwhile stays
    await fleet.discard(fleet.slots.filter((slot) => !up.has(slot) && !seen.has(slot)))
    return throwProblems(problems) ?? slots
  }

  #modulesOf(
    prepared: readonly Prepared[],
    before: StoredGeneration | undefined,
    { runs, config = {} }: Change,
  ): StoredGeneration['modules'] {
    return Object.fromEntries(
      prepared.map((parts) => {
        const known = before?.modules[parts.candidate.id]
        const same = known?.artifact === parts.artifact.digest
        const asked = same ? known.runs : runs // what was asked for one version stays with it
        const given = config[parts.candidate.id] ?? known?.configured
        const offered = known ? (known.instead_of ?? known.artifact) : ''
        return [
          parts.candidate.id,
          storedModule(parts, {
            ...(given !== undefined && { configured: given }),
            ...(asked !== undefined && { runs: asked }),
            ...(offered !== parts.artifact.digest && { instead_of: offered }),
          }),
        ]
      }),
    )
  }

  /** Makes what the sources have the current generation, as far as it can be used. */
  async takeSources(candidates: readonly Candidate[]): Promise<{
    readonly receipt: Receipt | undefined
    readonly problems: ReadonlyMap<string, readonly Problem[]>
  }> {
    const { journal, lineage } = this.#parts
    const staging = this.#stagingWith()
    const ms = new Stopwatch(this.#parts.clock, this.#parts.stepped)
    const before = journal.current()
    const offered = await prepare(candidates, staging)
    const checked = { ...offered, prepared: offered.prepared.filter((parts) => !staysOut(parts, before)) }
    const kept = await this.#keptInstead(checked.prepared, checked.problems, before)
    ms.lap('verify')
    const { slots, problems } = await stage(kept, staging)
    ms.lap('stage')
    const up = new Set(slots.map((slot) => slot.manifest.id))
    const prepared = kept.filter(({ candidate }) => up.has(candidate.id))
    const all = new Map([...checked.problems, ...problems])
    const modules = Object.fromEntries(
      prepared.map((parts) => [parts.candidate.id, storedModule(parts, insteadOf(parts, before))]),
    )
    if (before && sameModules(before.modules, modules)) {
      if (lineage.current.number !== before.number) lineage.become(before.number, slots, { warm: false })
      return { receipt: undefined, problems: all }
    }
    const removed = before?.removed ?? {}
    return { receipt: this.#commit(slots, { modules, removed }, ms), problems: all }
  }

  /**
   * In the place of what the sources offer: what was chosen instead of exactly that, and what served before where that
   * cannot be used any more.
   */
  async #keptInstead(
    offered: readonly Prepared[],
    problems: ReadonlyMap<string, readonly Problem[]>,
    before: StoredGeneration | undefined,
  ): Promise<readonly Prepared[]> {
    const stays = (parts: Prepared): boolean =>
      before?.modules[parts.candidate.id]?.instead_of === parts.artifact.digest
    const there = new Set([...offered.map(({ candidate }) => candidate.id), ...problems.keys()])
    const brought = Object.keys(before?.modules ?? {}).filter(
      (id) => before?.modules[id]?.instead_of === '' && !there.has(id),
    )
    const chosen = offered.filter(stays).map(({ candidate }) => candidate.id)
    const wanted = [...chosen, ...brought, ...problems.keys()]
    const stored = wanted.flatMap((id) => {
      const module = before?.modules[id]
      return module ? [storedCandidate(module)] : []
    })
    const { prepared } = await prepare(stored, this.#parts.staging)
    for (const { candidate } of prepared) {
      if (!problems.has(candidate.id)) continue
      const { id, manifest } = candidate
      this.#parts.log.warn(
        `What is in the folder of "${id}" cannot be used; version ${manifest.version} of before goes on.`,
      )
    }
    const instead = new Set(prepared.map(({ candidate }) => candidate.id))
    return [...offered.filter(({ candidate }) => !instead.has(candidate.id)), ...prepared]
  }

  activate(number: number): Promise<Receipt> {
    return this.exclusively(async () => {
      const { journal, lineage } = this.#parts
      const ms = new Stopwatch(this.#parts.clock, this.#parts.stepped)
      const target = journal.get(number)
      if (!target) {
        const known = journal
          .list()
          .map((generation) => generation.number)
          .join(', ')
        throw new ModuleFailure(`There is no generation ${number}. There are: ${known}.`)
      }
      ms.lap('resolve')
      const { prepared, problems } = await prepare(
        Object.values(target.modules).map(storedCandidate),
        this.#parts.staging,
      )
      throwProblems(problems)
      ms.lap('verify')
      const slots = await this.#stageAll(prepared)
      ms.lap('stage')
      const before = lineage.current.number
      journal.activate(number)
      return this.#flip(
        {
          number,
          slots,
          before,
          changed: changesBetween(journal.get(before)?.modules ?? {}, target.modules),
        },
        ms,
      )
    })
  }

  /** Writes the intention, then flips. */
  #commit(
    slots: readonly Slot[],
    next: Pick<StoredGeneration, 'modules' | 'removed'>,
    ms: Stopwatch,
  ): Receipt {
    const { journal, clock } = this.#parts
    const before = journal.current()
    const number = journal.last() + 1
    journal.commit({ number, at: clock.now(), ...next })
    const changed = changesBetween(before?.modules ?? {}, next.modules)
    return this.#flip({ number, slots, before: before?.number ?? 0, changed }, ms)
  }

  #flip(
    {
      number,
      slots,
      before,
      changed,
    }: { number: number; slots: readonly Slot[]; before: number; changed: readonly ChangedModule[] },
    ms: Stopwatch,
  ): Receipt {
    const { journal, lineage, clock } = this.#parts
    ms.lap('commit')
    lineage.become(number, slots, { warm: before > 0 })
    ms.lap('flip')
    const receipt: Receipt = {
      number: journal.lastReceipt() + 1,
      generation: number,
      before,
      at: clock.now(),
      changed,
      ms: ms.laps,
      runs: this.#runsNow(changed),
      handles_left: 0,
      problems: [],
    }
    journal.receipt(receipt)
    this.#draining.after(receipt)
    return receipt
  }

  /** Who keeps an older version of something that has changed. */
  #runsNow(changed: readonly ChangedModule[]): Receipt['runs'] {
    const { lineage } = this.#parts
    const { holders, current } = lineage
    let pinned = 0
    for (const generation of holders.generations) {
      const sees = lineage.slotsFor(generation)
      const keeps = changed.some(({ id }) => sees.get(id) !== current.slots.get(id))
      if (keeps) pinned += holders.runsOf(generation).length
    }
    return { pinned, followed: holders.size - pinned }
  }

  /** Lets go of what nobody sees any more. */
  drain(): void {
    this.#draining.drain()
  }

  /** Resolves when every change is drained; what is still warm leaves at once. */
  async settled(): Promise<void> {
    await this.#queue
    await this.#draining.settled()
  }

  async close(): Promise<void> {
    await this.#queue
    this.#closed = true
    this.#draining.close()
  }
}

/** Where there is no folder, that is what is wrong. */
function attempt<T>(folder: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error
    throw new ModuleFailure(`There is no module in "${folder}": ${error.message}.`, { cause: error })
  }
}
