/**
 * What the solver holds true so far: decisions (this module in this version) and what follows from them, in the order in
 * which they came, each at the level of the decision that it rests on. Owns going back to a level, and finding which entry
 * made a term true. It never decides.
 */
import { invariant } from '@nexus/sdk'
import type { Candidate } from './catalogue.ts'
import type { Incompatibility } from './incompatibility.ts'
import { anything, bothOf, implies, used, type Term } from './term.ts'
import { exactly } from './version_set.ts'

export interface Assignment {
  readonly term: Term
  /** The term and all before it of the same module. */
  readonly known: Term
  /** How many decisions there were, this one included. */
  readonly level: number
  readonly index: number
  /** What it follows from; a decision follows from nothing. */
  readonly cause: Incompatibility | undefined
}

export class PartialSolution {
  readonly #assignments: Assignment[] = []
  readonly #byId = new Map<string, Assignment[]>()
  readonly #decisions = new Map<string, Candidate>()
  readonly #changed = new Set<string>()

  get level(): number {
    return this.#decisions.size
  }

  get decisions(): ReadonlyMap<string, Candidate> {
    return this.#decisions
  }

  /** The modules of which something else is known than when this was asked last. */
  takeChanged(): string[] {
    const changed = [...this.#changed]
    this.#changed.clear()
    return changed
  }

  /** Whether the module must be used and has no version yet. */
  isUndecided(id: string): boolean {
    return !this.known(id).absent && !this.#decisions.has(id)
  }

  /** All that is known of a module. */
  known(id: string): Term {
    return this.#byId.get(id)?.at(-1)?.known ?? anything(id)
  }

  /** The place of the first assignment by which the module must be used. */
  neededSince(id: string): number {
    return this.#byId.get(id)?.find(({ known }) => !known.absent)?.index ?? Infinity
  }

  decide(id: string, candidate: Candidate): void {
    this.#decisions.set(id, candidate)
    this.#add(used(id, exactly(candidate.point)), undefined)
  }

  derive(term: Term, cause: Incompatibility): void {
    this.#add(term, cause)
  }

  #add(term: Term, cause: Incompatibility | undefined): void {
    const known = bothOf(this.known(term.id), term)
    const assignment = { term, known, level: this.level, index: this.#assignments.length, cause }
    this.#assignments.push(assignment)
    const ofModule = this.#byId.get(term.id)
    if (ofModule === undefined) this.#byId.set(term.id, [assignment])
    else ofModule.push(assignment)
    this.#changed.add(term.id)
  }

  /** Forgets every decision above a level, and all that followed from it. */
  backtrack(level: number): void {
    for (let last = this.#assignments.at(-1); last !== undefined && last.level > level;) {
      this.#assignments.pop()
      this.#byId.get(last.term.id)?.pop()
      if (last.cause === undefined) this.#decisions.delete(last.term.id)
      this.#changed.add(last.term.id)
      last = this.#assignments.at(-1)
    }
  }

  /** Forgets every decision; of every module something else counts as known. */
  restart(): void {
    this.backtrack(0)
    for (const id of this.#byId.keys()) this.#changed.add(id)
  }

  /** The first assignment with which the term was true, given that it is. */
  satisfier(term: Term): Assignment {
    const found = this.#byId.get(term.id)?.find(({ known }) => implies(known, term))
    invariant(found, `a term of "${term.id}" is true without a reason`)
    return found
  }
}
