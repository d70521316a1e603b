/**
 * PubGrub: finds one version for each module that is needed, or the incompatibility that proves that there is no way.
 *
 * It holds incompatibilities and a partial solution, and alternates between drawing every conclusion (unit propagation)
 * and deciding one more version. Where all terms of an incompatibility have become true, it resolves that one with the
 * reasons of its latest term until what comes out speaks of an earlier decision, goes back there and goes on with what it
 * has learned. So no dead end is met twice. The algorithm is the one published as PubGrub in 2018.
 *
 * What comes out depends on the set of what goes in, not on its order. Each module has the newest version that goes with
 * those decided before it, and modules are decided in the order in which they turn out to be needed: what is asked for
 * directly comes before what that needs, so nothing falls back years because a module far below it took its newest version
 * first. Where that leads to many dead ends it starts again with what it has learned, and decides the modules with the
 * fewest versions left first, which finds an answer, or the proof that there is none, much sooner.
 */
import { invariant } from '@nexus/sdk'
import { ChoiceQueue } from './choice_queue.ts'
import { candidatesIn, type Candidate, type Catalogue, type Package } from './catalogue.ts'
import { broken, incompatibility, resolvent, type Incompatibility } from './incompatibility.ts'
import type { Requirement } from './package_source.ts'
import { PartialSolution, type Assignment } from './partial_solution.ts'
import { eitherOf, excludes, implies, inverse, notUsed, used, type Term } from './term.ts'
import { VersionRules } from './version_rules.ts'
import { everyVersion, exactly, type VersionSet } from './version_set.ts'

export interface SolverOptions {
  readonly catalogue: Catalogue
  /** Sorted, each with what its range stands for. */
  readonly roots: readonly { readonly requirement: Requirement; readonly wanted: VersionSet }[]
  /** Modules that are there whatever is asked for. */
  readonly fixed: readonly string[]
  /** Versions to take where they fit. */
  readonly locked: ReadonlyMap<string, string>
  readonly prefer: Preference
  /** After how many dead ends an answer counts for more than whose versions are the newest. */
  readonly deadEndsMax: number
  /** What is known to be impossible beforehand. */
  readonly rules: readonly Incompatibility[]
}

/** `nearest`: the newest of the nearest source that has one that fits. */
export type Preference = 'newest' | 'oldest' | 'nearest'

export type Answer =
  | { readonly kind: 'solved'; readonly decisions: ReadonlyMap<string, Candidate> }
  | { readonly kind: 'impossible'; readonly proof: Incompatibility }

export async function solve(options: SolverOptions): Promise<Answer> {
  return new Solver(options).solve()
}

class Solver {
  readonly #options: SolverOptions
  readonly #solution = new PartialSolution()
  readonly #rules = new Map<string, Incompatibility[]>()
  readonly #versionRules: VersionRules
  #deadEnds = 0
  readonly #queue = new ChoiceQueue()
  readonly #matching = new Map<string, { readonly known: Term; readonly candidates: readonly Candidate[] }>()

  constructor(options: SolverOptions) {
    this.#options = options
    this.#versionRules = new VersionRules(options.catalogue)
  }

  async solve(): Promise<Answer> {
    const givens = this.#givens()
    const hopeless = givens.find(({ terms }) => terms.length === 0)
    if (hopeless !== undefined) return { kind: 'impossible', proof: hopeless }
    for (const given of givens) this.#add(given)
    let changed: Iterable<string> = new Set(givens.flatMap(({ terms }) => terms.map(({ id }) => id)))
    for (;;) {
      const proof = this.#propagate(changed)
      if (proof !== undefined) return { kind: 'impossible', proof }
      const id = await this.#next()
      if (id === undefined) return { kind: 'solved', decisions: this.#solution.decisions }
      this.#decide(id)
      changed = [id]
    }
  }

  #givens(): Incompatibility[] {
    const { roots, fixed, catalogue } = this.#options
    const asked = roots.map(({ requirement, wanted }) =>
      incompatibility([broken(requirement, wanted)], { kind: 'root', requirement, wanted }),
    )
    const brought = fixed.flatMap((id) =>
      catalogue
        .get(id)
        .candidates.map(({ point, found: { version } }) =>
          incompatibility([notUsed(id, exactly(point))], { kind: 'fixed', id, version }),
        ),
    )
    return [...brought, ...asked, ...this.#options.rules].filter((given) => given !== undefined)
  }

  #add(rule: Incompatibility): void {
    for (const { id } of rule.terms) {
      const rules = this.#rules.get(id)
      if (rules === undefined) this.#rules.set(id, [rule])
      else rules.push(rule)
    }
  }

  /** Draws every conclusion; the proof that there is no answer, where that is one. */
  #propagate(ids: Iterable<string>): Incompatibility | undefined {
    const changed = new Set(ids)
    for (const id of changed) {
      changed.delete(id)
      for (const rule of (this.#rules.get(id) ?? []).toReversed()) {
        const conclusion = this.#conclude(rule)
        if (conclusion === 'nothing') continue
        if (conclusion !== 'conflict') {
          changed.add(conclusion.id)
          continue
        }
        const learned = this.#learn(rule)
        if (learned.terms.length === 0) return learned
        if (++this.#deadEnds === this.#options.deadEndsMax) {
          this.#solution.restart()
          return this.#propagate(this.#rules.keys())
        }
        const consequence = this.#conclude(learned)
        invariant(typeof consequence === 'object', 'what a conflict taught has no consequence')
        changed.clear()
        changed.add(consequence.id)
        break
      }
    }
    return undefined
  }

  /** Where all terms but one are true, that one must not be; where all are, there is a conflict. */
  #conclude(rule: Incompatibility): Term | 'nothing' | 'conflict' {
    let open: Term | undefined
    for (const term of rule.terms) {
      const known = this.#solution.known(term.id)
      if (implies(known, term)) continue
      if (open !== undefined || excludes(known, term)) return 'nothing'
      open = term
    }
    if (open === undefined) return 'conflict'
    this.#solution.derive(inverse(open), rule)
    return open
  }

  /**
   * Why there is a conflict, in terms of an earlier decision; without terms if it is nobody's decision. Goes back to just
   * before that decision, not to the first one after which the lesson has a consequence: in between may lie a thousand
   * decisions that have nothing to do with it and would only be made again.
   */
  #learn(conflict: Incompatibility): Incompatibility {
    let current = conflict
    while (current.terms.length > 0) {
      const { term, satisfier, levelBefore } = this.#latest(current)
      if (satisfier.cause === undefined || levelBefore < satisfier.level) {
        this.#solution.backtrack(satisfier.level - 1)
        if (current !== conflict) this.#add(current)
        return current
      }
      current = resolvent(current, satisfier.cause, term.id)
    }
    return current
  }

  /** The term that became true last, by what, and the level at which all the others, and the rest of it, were true. */
  #latest({ terms }: Incompatibility): { term: Term; satisfier: Assignment; levelBefore: number } {
    let levelBefore = 0
    let latest: { term: Term; satisfier: Assignment } | undefined
    for (const term of terms) {
      const satisfier = this.#solution.satisfier(term)
      if (latest === undefined || satisfier.index > latest.satisfier.index) {
        levelBefore = Math.max(levelBefore, latest?.satisfier.level ?? 0)
        latest = { term, satisfier }
      } else levelBefore = Math.max(levelBefore, satisfier.level)
    }
    invariant(latest, 'a conflict has terms')
    const { term, satisfier } = latest
    if (implies(satisfier.term, term)) return { term, satisfier, levelBefore }
    const rest = this.#solution.satisfier(eitherOf(term, inverse(satisfier.term)))
    return { term, satisfier, levelBefore: Math.max(levelBefore, rest.level) }
  }

  /** The module to decide next, once the sources have told of every one that must be used. */
  async #next(): Promise<string | undefined> {
    const changed = this.#solution.takeChanged()
    const undecided = changed.filter((id) => this.#solution.isUndecided(id))
    const missing = undecided.filter((id) => !this.#options.catalogue.has(id))
    if (missing.length > 0) await this.#options.catalogue.load(missing)
    for (const id of changed) this.#queue.remove(id)
    for (const id of undecided) this.#queue.put(id, this.#rank(id))
    return this.#queue.first()
  }

  /** First what leaves no choice; then what has been needed for longest or, in hard cases, what leaves the least choice. */
  #rank(id: string): number {
    const candidates = this.#candidates(id)
    if (candidates.length < 2 || this.#lockedIn(id, candidates) !== undefined) return 1
    if (this.#deadEnds >= this.#options.deadEndsMax) return candidates.length
    return 2 + this.#solution.neededSince(id)
  }

  /** The versions that are not ruled out, newest first. */
  #candidates(id: string): readonly Candidate[] {
    const known = this.#solution.known(id)
    const before = this.#matching.get(id)
    if (before?.known === known) return before.candidates
    const candidates = candidatesIn(this.#options.catalogue.get(id), known.versions)
    this.#matching.set(id, { known, candidates })
    return candidates
  }

  #lockedIn(id: string, candidates: readonly Candidate[]): Candidate | undefined {
    const locked = this.#options.locked.get(id)
    return locked === undefined ? undefined : candidates.find(({ found }) => found.version === locked)
  }

  /** Takes a version, unless what it says itself forbids that; notes that there is none where there is none. */
  #decide(id: string): void {
    const { catalogue, prefer } = this.#options
    const candidates = this.#candidates(id)
    const candidate = this.#lockedIn(id, candidates) ?? preferred(candidates, prefer)
    if (candidate === undefined) return this.#addNoVersion(catalogue.get(id))
    const rules = this.#versionRules.of(catalogue.get(id), candidate)
    for (const rule of rules) this.#add(rule)
    const chosen = used(id, exactly(candidate.point))
    const forbidden = rules.some(({ terms }) =>
      terms.every((term) => implies(term.id === id ? chosen : this.#solution.known(term.id), term)),
    )
    if (!forbidden) this.#solution.decide(id, candidate)
  }

  #addNoVersion({ id, candidates }: Package): void {
    const wanted = this.#solution.known(id).versions
    const rule =
      candidates.length === 0
        ? incompatibility([used(id, everyVersion)], { kind: 'unknown', id })
        : incompatibility([used(id, wanted)], { kind: 'no_version', id, wanted })
    invariant(rule, 'no version was ruled in')
    this.#add(rule)
  }
}

/** `candidates`: newest first. */
function preferred(candidates: readonly Candidate[], prefer: Preference): Candidate | undefined {
  if (prefer !== 'nearest') return candidates.at(prefer === 'newest' ? 0 : -1)
  const nearest = Math.min(...candidates.map(({ found }) => found.rank))
  return candidates.find(({ found }) => found.rank === nearest)
}
