/**
 * The current generation, and what of earlier ones is still seen: by runs that began under them, and by whoever may want
 * to go back. It makes nothing new; it says who serves whom.
 */
import { invariant, type Log } from '@nexus/sdk'
import { slotKey, type Fleet } from './fleet.ts'
import {
  makeGeneration,
  makeRoutes,
  type NativeModule,
  type Route,
  type ServedGeneration,
} from './generation.ts'
import type { GenerationJournal, StoredGeneration, StoredModule } from './generation_journal.ts'
import { Holders } from './holders.ts'
import { seenBy } from './module_pins.ts'
import { problemOfFile } from './problem.ts'
import { Slot } from './slot.ts'
import { prepareStored, slotFor, type Candidate, type StageOptions } from './stage.ts'

export interface LineageParts {
  readonly journal: GenerationJournal
  readonly fleet: Fleet
  readonly staging: StageOptions
  readonly log: Log
  readonly natives: readonly NativeModule[]
}

/** What a run sees that began under an earlier generation. */
interface View {
  readonly slots: ReadonlyMap<string, Slot>
  readonly routes: ReadonlyMap<string, Route>
}

export class Lineage {
  readonly holders = new Holders()
  readonly #parts: LineageParts
  #current: ServedGeneration = makeGeneration(0, [])
  /** The one before the current one, which stays up for a while, so that going back is a flip. */
  #warm: ServedGeneration | undefined
  /** By the generation that a run began under; made anew with each change. */
  readonly #views = new Map<number, View>()

  constructor(parts: LineageParts) {
    this.#parts = parts
  }

  get current(): ServedGeneration {
    return this.#current
  }

  /** The flip: from the next task on this one serves. */
  become(number: number, slots: readonly Slot[], { warm }: { warm: boolean }): void {
    this.#warm = warm ? this.#current : undefined
    this.#current = makeGeneration(number, slots, {
      elsewhere: (capability) => this.#current.routes.get(capability),
      natives: this.#parts.natives,
    })
    this.#views.clear()
  }

  /** Whoever wants to go back from now on starts the modules anew. */
  coolDown(): void {
    this.#warm = undefined
  }

  routesFor(generation: number): ReadonlyMap<string, Route> {
    return generation === this.#current.number ? this.#current.routes : this.#view(generation).routes
  }

  slotsFor(generation: number): ReadonlyMap<string, Slot> {
    return generation === this.#current.number ? this.#current.slots : this.#view(generation).slots
  }

  /** The runs in flight that see one of these slots, or have a task under way there. */
  runsUsing(slots: ReadonlySet<Slot>): readonly string[] {
    const seeing = [...this.holders.generations]
      .filter((generation) => [...this.slotsFor(generation).values()].some((slot) => slots.has(slot)))
      .flatMap((generation) => this.holders.runsOf(generation))
    const atWork = [...slots].flatMap((slot) => [...slot.runs]).filter((run) => this.holders.has(run))
    return [...new Set([...seeing, ...atWork])]
  }

  /** Runs in flight go over to these modules of the current generation at their next task. */
  follow(ids: readonly string[]): void {
    this.#parts.journal.follow(this.#current.number, ids)
    this.#views.clear()
  }

  /** Every slot that somebody sees or may want back. */
  needed(): ReadonlySet<Slot> {
    const held = [...this.holders.generations].flatMap((generation) => [
      ...this.slotsFor(generation).values(),
    ])
    return new Set([...this.#current.slots.values(), ...(this.#warm?.slots.values() ?? []), ...held])
  }

  #view(generation: number): View {
    let view = this.#views.get(generation)
    if (!view) this.#views.set(generation, (view = this.#makeView(generation)))
    return view
  }

  /** One that is not known, as of a data directory from before, sees what there is now. */
  #makeView(generation: number): View {
    const began = this.#parts.journal.get(generation)
    if (!began) return this.#current
    const slots = new Map<string, Slot>()
    for (const [id, module] of seenBy(began, this.#later(generation))) {
      const slot = this.#slotOf(module, (other) => slots.get(other) ?? this.#current.slots.get(other))
      if (slot) slots.set(id, slot)
    }
    return {
      slots,
      routes: makeRoutes([...slots.values()], {
        elsewhere: (capability) => this.routesFor(generation).get(capability),
        natives: this.#parts.natives,
      }),
    }
  }

  /** The generations after one, up to the current one, which counts wherever it stands. */
  #later(generation: number): readonly StoredGeneration[] {
    const { number } = this.#current
    const between = this.#parts.journal.between(generation, number)
    const current = this.#parts.journal.get(number)
    return current ? [...between, current] : between
  }

  /** The slot that is up, else one that starts at its first use. */
  #slotOf(module: StoredModule, slotOf: (id: string) => Slot | undefined): Slot | undefined {
    const { fleet, staging, log } = this.#parts
    const known = fleet.get(slotKey(module.manifest, module.artifact, module.config, module.line))
    if (known && !known.retired) return known
    const prepared = prepareStored(storedCandidate(module), staging)
    const slot = 'problems' in prepared ? prepared.problems : slotFor(prepared, slotOf, staging)
    if (slot instanceof Slot) return slot
    const [problem] = slot
    invariant(problem !== undefined, 'A module that cannot be used has a reason.')
    log.error(`A run keeps a version that cannot be had any more: ${problem.message}`, {
      module: module.manifest.id,
    })
    return slotOf(module.manifest.id)
  }
}

/** A module as a generation has it, to be taken from the store. */
export function storedCandidate(module: StoredModule): Candidate {
  const { manifest, folder, source, artifact, config, line = 0 } = module
  const file = `${folder}/manifest.yaml`
  return {
    id: manifest.id,
    type: manifest.type,
    folder,
    file,
    source,
    manifest,
    draft: manifest,
    problemAt: (_pointer, message, hint) => problemOfFile(file, message, hint),
    problems: [],
    missing: [],
    stored: { artifact, config },
    line,
  }
}
