/**
 * From one generation to the next, in the steps of the design: resolve, verify, stage and probe beside what is live, hand
 * over, commit, watch, and drain what has left. One change at a time. A failure before the commit leaves the live
 * generation untouched; after it, the journal has the new one, and a restart comes back to it.
 */
import { NexusError, type JsonObject } from '@nexus/sdk'
import type { ChangeParts } from './changes/change_parts.ts'
import { checkPermissions, chooseTogether, throwProblems } from './changes/checks.ts'
import { Commits } from './changes/commits.ts'
import { FromSources, type Offers, type Taken } from './changes/from_sources.ts'
import type { HandedOn } from './changes/hand_over.ts'
import { replay } from './changes/replay.ts'
import { lineOf, linesOf, Staging } from './changes/staging.ts'
import { knownVersion } from './changes/known_version.ts'
import { Stopwatch } from './changes/stopwatch.ts'
import { changesBetween, configured, removedBy, storedModule } from './changes/stored_modules.ts'
import type { ErrorBudget } from './changes/watching.ts'
import { discoverAt } from './discover.ts'
import type { StoredGeneration } from './generation_journal.ts'
import { ModuleFailure } from './host.ts'
import { storedCandidate } from './lineage.ts'
import { formatProblem } from './problem.ts'
import type { DrainPolicy, Receipt } from './receipt.ts'
import { prepare, type Candidate, type Prepared } from './stage.ts'

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
  /** What becomes of runs that still use what leaves, once its deadline is over; by default they are waited for. */
  readonly drain?: DrainPolicy
  /** How many errors of what comes in undo the change; `defaultBudget` where it is not said. */
  readonly watch?: ErrorBudget | false
  /** So many recorded tasks of each idempotent capability are done again by what comes in, and must come out the same. */
  readonly replay?: number
}

export class Changes {
  readonly #parts: ChangeParts
  readonly #staging: Staging
  readonly #commits: Commits
  readonly #sources: FromSources
  #queue: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(parts: ChangeParts) {
    this.#parts = parts
    this.#staging = new Staging(parts)
    this.#commits = new Commits(parts, (receipt, because) => this.#undo(receipt, because))
    this.#sources = new FromSources(parts, { staging: this.#staging, commits: this.#commits })
  }

  /** One change after the other. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(() => {
      if (this.#closed) throw new NexusError('closed', 'This kernel is closed.')
      return this.#commits.draining.pausedFor(work)
    })
    this.#queue = done.catch(() => {})
    return done
  }

  apply(change: Change): Promise<Receipt> {
    return this.exclusively(() => this.#apply(change))
  }

  async #apply(change: Change): Promise<Receipt> {
    this.#refuseImpossible(change)
    const ms = this.#stopwatch()
    const before = this.#parts.journal.current()
    const wanted = this.#candidates(change, before)
    const brought = new Set(wanted.flatMap(({ id, stored }) => (stored ? [] : [id])))
    const together = await chooseTogether(wanted, { brought, ...this.#parts.surroundings() })
    const candidates = this.#staging.lined(together, before, change.runs)
    ms.lap('resolve')
    checkPermissions(candidates, before, change.consent === true)
    const { prepared, problems } = await prepare(candidates, this.#staging.with(change.config))
    throwProblems(problems)
    ms.lap('verify')
    return this.#staging.up(prepared, before, async (slots, unstaged) => {
      throwProblems(unstaged)
      const fresh = this.#staging.newAmong(slots)
      const replayed =
        change.replay === undefined ? undefined : await replay(fresh, change.replay, this.#parts)
      ms.lap('stage')
      const handed = await this.#staging.handOver(slots, before)
      ms.lap('hand_over')
      const modules = this.#modulesOf(prepared, linesOf(slots, handed), before, change)
      const removed = removedBy(change, modules, before)
      const said = replayed === undefined ? {} : { replayed }
      const { drain, watch } = change
      return this.#commits.commit({ slots, handed, fresh, modules, removed }, ms, { drain, watch, said })
    })
  }

  #stopwatch(): Stopwatch {
    return new Stopwatch(this.#parts.clock, this.#parts.stepped)
  }

  #refuseImpossible({ drain }: Change): void {
    if (drain === undefined || drain.policy === 'wait' || this.#parts.runs) return
    throw new ModuleFailure(`Nobody here can ${drain.policy} runs: drain by "wait".`)
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

  #modulesOf(
    prepared: readonly Prepared[],
    lines: ReadonlyMap<string, number>,
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
            ...lineOf(parts, lines),
            ...(given !== undefined && { configured: given }),
            ...(asked !== undefined && { runs: asked }),
            ...(offered !== parts.artifact.digest && { instead_of: offered }),
          }),
        ]
      }),
    )
  }

  /** Makes what the sources have the current generation, as far as it can be used. */
  takeSources(offers: Offers): Promise<Taken> {
    return this.#sources.take(offers)
  }

  /** Checks and builds what the sources have, with the configuration that it gets. */
  prepare(candidates: readonly Candidate[]): ReturnType<typeof prepare> {
    return prepare(candidates, this.#staging.with())
  }

  activate(number: number): Promise<Receipt> {
    return this.exclusively(() => this.#activate(number))
  }

  async #activate(number: number, said: Pick<Receipt, 'because'> = {}): Promise<Receipt> {
    const { journal, lineage } = this.#parts
    const ms = this.#stopwatch()
    const target = journal.get(number)
    if (!target) {
      const known = journal.list().map((generation) => generation.number)
      const message = `There is no generation ${number}. There are: ${known.join(', ')}.`
      throw new NexusError('generation_not_found', message)
    }
    ms.lap('resolve')
    const prepared = await this.#staging.stored(target.modules)
    ms.lap('verify')
    return this.#staging.up(prepared, undefined, async (slots, unstaged) => {
      throwProblems(unstaged)
      ms.lap('stage')
      const before = lineage.current.number
      journal.activate(number)
      const changed = changesBetween(journal.get(before)?.modules ?? {}, target.modules)
      return this.#commits.flip({ number, slots, before, changed }, ms, { said })
    })
  }

  /** Takes a change back: a flip where nothing has come after it, else its modules alone, in a generation of their own. */
  #undo({ generation, before, changed }: Receipt, because: string): Promise<Receipt> {
    return this.exclusively(async () => {
      const { journal, lineage } = this.#parts
      if (lineage.current.number === generation) return this.#activate(before, { because })
      const ms = this.#stopwatch()
      const then = journal.get(before)?.modules ?? {}
      const now = journal.current()
      const ids = changed.map(({ id }) => id)
      const rest = Object.entries(now?.modules ?? {}).filter(([id]) => !ids.includes(id))
      const back = ids.flatMap((id) => (then[id] ? [[id, then[id]] as const] : []))
      const modules = Object.fromEntries([...rest, ...back])
      return this.#staging.up(await this.#staging.stored(modules), undefined, async (slots, unstaged) => {
        throwProblems(unstaged)
        const next = { slots, handed: nothingHanded, fresh: [], modules, removed: now?.removed ?? {} }
        return this.#commits.commit(next, ms, { watch: false, said: { because } })
      })
    })
  }

  /** Lets go of what nobody sees any more. */
  drain(): void {
    this.#commits.draining.drain()
  }

  /** Resolves when every change is drained; what is still warm leaves at once. */
  async settled(): Promise<void> {
    await this.#queue
    await this.#commits.draining.settled()
  }

  async close(): Promise<void> {
    await this.#queue
    this.#closed = true
    await this.#commits.close()
  }
}

const nothingHanded: HandedOn = { states: new Map(), lines: new Map(), release() {} }

/** Where there is no folder, that is what is wrong. */
function attempt<T>(folder: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (!(error instanceof Error) || !('syscall' in error)) throw error
    throw new ModuleFailure(`There is no module in "${folder}": ${error.message}.`, { cause: error })
  }
}
