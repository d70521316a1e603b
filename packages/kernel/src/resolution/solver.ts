/**
 * PubGrub: finds one version for each module that is needed, or the incompatibility that proves that there is no way.
 *
 * It holds incompatibilities and a partial solution, and alternates between drawing every conclusion (unit propagation)
 * and deciding one more version. Where all terms of an incompatibility have become true, it resolves that one with the
 * reasons of its latest term until what comes out speaks of an earlier decision, goes back there and goes on with what it
 * has learned. So no dead end is met twice. The algorithm is the one published as PubGrub in 2018.
 *
 * What comes out depends on the set of what goes in, not on its order: modules are decided by how few versions are left
 * to them, then by id. So each module has the newest version that goes with those decided before it.
 */
import { invariant } from '@nexus/sdk'
import { candidatesIn, spanAround, type Candidate, type Catalogue, type Package } from './catalogue.ts'
import { broken, dependencyOf, incompatibility, resolvent, type Incompatibility } from './incompatibility.ts'
import type { Requirement } from './package_source.ts'
import { PartialSolution, type Assignment } from './partial_solution.ts'
import { eitherOf, excludes, implies, inverse, notUsed, used, type Term } from './term.ts'
import { everyVersion, exactly, has, type VersionSet } from './version_set.ts'

export interface SolverOptions {
  readonly catalogue: Catalogue
  /** Sorted, each with what its range stands for. */
  readonly roots: readonly { readonly requirement: Requirement; readonly wanted: VersionSet }[]
  /** Modules that are there whatever is asked for. */
  readonly fixed: readonly string[]
  /** Versions to take where they fit. */
  readonly locked: ReadonlyMap<string, string>
  readonly prefer: 'newest' | 'oldest'
}

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
  /** By what is said, the versions of which it has been said. */
  readonly #said = new Map<string, VersionSet[]>()
  readonly #matching = new Map<string, { readonly known: Term; readonly candidates: readonly Candidate[] }>()

  constructor(options: SolverOptions) {
    this.#options = options
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
      await this.#load()
      const id = this.#next()
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
    return [...brought, ...asked].filter((given) => given !== undefined)
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

  /** Why there is a conflict, in terms of an earlier decision, to which it goes back; without terms if there is none. */
  #learn(conflict: Incompatibility): Incompatibility {
    let current = conflict
    while (current.terms.length > 0) {
      const { term, satisfier, levelBefore } = this.#latest(current)
      if (satisfier.cause === undefined || levelBefore < satisfier.level) {
        this.#solution.backtrack(levelBefore)
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

  async #load(): Promise<void> {
    const { catalogue } = this.#options
    const missing = [...this.#solution.undecided].filter((id) => !catalogue.has(id))
    if (missing.length > 0) await catalogue.load(missing)
  }

  /** The module with the fewest versions left to choose from. */
  #next(): string | undefined {
    let best: string | undefined
    let fewest = Infinity
    for (const id of this.#solution.undecided) {
      const candidates = this.#candidates(id)
      const choices = this.#lockedIn(id, candidates) === undefined ? candidates.length : 1
      if (choices > fewest || (choices === fewest && best !== undefined && id > best)) continue
      ;[best, fewest] = [id, choices]
    }
    return best
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
    const candidate = this.#lockedIn(id, candidates) ?? candidates.at(prefer === 'newest' ? 0 : -1)
    if (candidate === undefined) return this.#addNoVersion(catalogue.get(id))
    const rules = this.#rulesOf(catalogue.get(id), candidate)
    for (const rule of rules) this.#add(rule)
    const forbidden = rules.some(({ terms }) =>
      terms.every((term) => term.id === id || implies(this.#solution.known(term.id), term)),
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

  /** What a version says of others and of itself, each for all neighbours that say it too, and only once. */
  #rulesOf(of: Package, candidate: Candidate): Incompatibility[] {
    const dependencies = candidate.found.dependencies
      .toSorted((left, right) => (left.id < right.id ? -1 : left.id > right.id ? 1 : 0))
      .map((requirement) => this.#dependencyRule(of, candidate, requirement))
    const conflicts = Object.entries(candidate.found.conflicts ?? {})
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([other, range]) => this.#conflictRule(of, candidate, other, range))
    return [...dependencies, ...conflicts].filter((rule) => rule !== undefined)
  }

  #dependencyRule(of: Package, candidate: Candidate, requirement: Requirement): Incompatibility | undefined {
    const { id, range, optional = false } = requirement
    const says = ({ found }: Candidate): boolean =>
      found.dependencies.some(
        (other) => other.id === id && other.range === range && (other.optional ?? false) === optional,
      )
    const versions = this.#saidAnew(of, candidate, says, `${optional ? 'may need' : 'needs'} ${id} ${range}`)
    if (versions === undefined) return undefined
    const wanted = this.#options.catalogue.range(range)
    if (wanted === undefined) return unreadable(of.id, versions, id, range)
    return dependencyOf(of.id, versions, requirement, wanted)
  }

  #conflictRule(
    of: Package,
    candidate: Candidate,
    other: string,
    range: string,
  ): Incompatibility | undefined {
    // Two versions of one module are never together.
    if (other === of.id) return undefined
    const says = ({ found }: Candidate): boolean => found.conflicts?.[other] === range
    const versions = this.#saidAnew(of, candidate, says, `conflicts with ${other} ${range}`)
    if (versions === undefined) return undefined
    const unwanted = this.#options.catalogue.range(range)
    if (unwanted === undefined) return unreadable(of.id, versions, other, range)
    const cause = { kind: 'conflict', id: of.id, versions, other, range } as const
    return incompatibility([used(of.id, versions), used(other, unwanted)], cause)
  }

  /** The versions around this one that say something, or undefined where that was noted before. */
  #saidAnew(
    of: Package,
    candidate: Candidate,
    says: (candidate: Candidate) => boolean,
    what: string,
  ): VersionSet | undefined {
    const key = `${of.id} ${what}`
    const before = this.#said.get(key) ?? []
    if (before.some((versions) => has(versions, candidate.point))) return undefined
    const versions = spanAround(of, candidate, says)
    this.#said.set(key, [...before, versions])
    return versions
  }
}

function unreadable(
  id: string,
  versions: VersionSet,
  other: string,
  range: string,
): Incompatibility | undefined {
  const reason = `names "${other}" with a range that is none: ${JSON.stringify(range)}`
  return incompatibility([used(id, versions)], { kind: 'unusable', id, versions, reason })
}
