/**
 * From one version of a module to the next: what it holds in memory (`snapshot`, `restore`), and the shape of what it
 * keeps (`migrate`). Nothing is written here: what came out is committed with the generation, or forgotten with it.
 */
import type { Clock, JsonObject } from '@nexus/sdk'
import { DeadlineExceeded, withDeadline } from '../deadline.ts'
import type { GenerationJournal, StoredGeneration } from '../generation_journal.ts'
import { ModuleFailure, type Hook } from '../host.ts'
import type { Lineage } from '../lineage.ts'
import type { Slot } from '../slot.ts'
import { lineKey } from '../state_line.ts'

/** How long tasks under way have to end before a version's memory is taken as it is, or its state not migrated at all. */
export const handOverMsMax = 5_000

export interface HandOverParts {
  readonly journal: GenerationJournal
  readonly lineage: Lineage
  readonly clock: Clock
}

/** What goes with the commit. */
export interface HandedOn {
  /** The lines of state that are written, by their keys. */
  readonly states: ReadonlyMap<string, JsonObject>
  /** Slots that go over to another line, with its number. */
  readonly lines: ReadonlyMap<Slot, number>
  /** Lets tasks go on that came meanwhile: to whoever serves by then. Safe to call twice. */
  release(): void
}

/**
 * Hands over from what serves now to `slots`. `number`: that of the generation to come. Rejects with `ModuleFailure`;
 * then nothing is held any more.
 */
export async function handOver(
  slots: readonly Slot[],
  before: StoredGeneration | undefined,
  number: number,
  parts: HandOverParts,
): Promise<HandedOn> {
  const passage = new Passage(number, parts)
  try {
    for (const slot of slots) await take(passage, slot, before)
    return passage
  } catch (error) {
    passage.release()
    throw error
  }
}

/** A module that could not be handed over to. */
export class HandOverFailure extends ModuleFailure {
  readonly module: string
  constructor(module: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.module = module
  }
}

async function take(passage: Passage, slot: Slot, before: StoredGeneration | undefined): Promise<void> {
  try {
    await passage.take(slot, before)
  } catch (error) {
    if (!(error instanceof ModuleFailure)) throw error
    throw new HandOverFailure(slot.manifest.id, error.message, { cause: error })
  }
}

const noHooks: ReadonlySet<Hook> = new Set()

class Passage implements HandedOn {
  readonly states = new Map<string, JsonObject>()
  readonly lines = new Map<Slot, number>()
  readonly #number: number
  readonly #parts: HandOverParts
  readonly #releases: (() => void)[] = []

  constructor(number: number, parts: HandOverParts) {
    this.#number = number
    this.#parts = parts
  }

  release(): void {
    for (const release of this.#releases.splice(0)) release()
  }

  async take(next: Slot, before: StoredGeneration | undefined): Promise<void> {
    const known = before?.modules[next.manifest.id]
    const old = this.#parts.lineage.current.slots.get(next.manifest.id)
    if (!known || next === old) return
    const versions = { from: known.manifest.version, to: next.manifest.version }
    const sharesLine = next.line.number === (known.line ?? 0)
    const from = sharesLine && old?.loaded === true ? await (await old.start()).hooks() : noHooks
    const differs = versions.from !== versions.to
    if (!from.has('snapshot') && !(differs && this.#keepsSomething(next))) return
    const to = await (await next.start()).hooks()
    const migrates = differs && to.has('migrate')
    const remembers = from.has('snapshot') && to.has('restore')
    if (!migrates && !remembers) return
    await this.#pass({ old, next, versions, sharesLine, migrates, remembers })
  }

  async #pass({ old, next, versions, sharesLine, migrates, remembers }: Handing): Promise<void> {
    if (sharesLine && old) await this.#quiet(old, next, migrates)
    const given = remembers && old ? await (await old.start()).snapshot() : undefined
    const memory = given ?? null
    const state = this.#parts.journal.readState(next.line.key)
    const instance = await next.start()
    const handed = migrates ? await instance.migrate({ state, memory }, versions) : { state, memory }
    if (given !== undefined) await instance.restore(handed.memory)
    if (!migrates) return
    const line = sharesLine ? this.#number : next.line.number
    this.states.set(lineKey(next.manifest.id, line), handed.state)
    if (sharesLine) this.lines.set(next, line)
  }

  #keepsSomething(next: Slot): boolean {
    return Object.keys(this.#parts.journal.readState(next.line.key)).length > 0
  }

  /** No task begins at the version before any more, and those under way have a while to end. */
  async #quiet(old: Slot, next: Slot, migrates: boolean): Promise<void> {
    this.#releases.push(old.hold())
    try {
      await withDeadline(this.#parts.clock, handOverMsMax, () => old.idle())
    } catch (error) {
      if (!(error instanceof DeadlineExceeded)) throw error
      if (!migrates) return
      const { id, version } = old.manifest
      const why = `${old.inFlight} tasks of "${id}" ${version} did not end within ${handOverMsMax} ms`
      const what = `and ${next.manifest.version} brings what they may still write to another shape`
      throw new ModuleFailure(`${why}, ${what}. Try again later, or with runs: pin.`)
    }
  }
}

interface Handing {
  readonly old: Slot | undefined
  readonly next: Slot
  readonly versions: { readonly from: string; readonly to: string }
  readonly sharesLine: boolean
  readonly migrates: boolean
  readonly remembers: boolean
}
