/**
 * What an incompatibility says, as part of a sentence: a reason ("foo needs bar"), two reasons told as one ("foo needs bar,
 * which needs baz"), or a conclusion ("foo cannot be used"). Owns the words; their order is for `explain.ts`.
 */
import type { Cause, Incompatibility } from './incompatibility.ts'
import type { Requirement } from './package_source.ts'
import type { Term } from './term.ts'
import { complement, has, isEmpty, type VersionSet } from './version_set.ts'
import { listed, modules, shortName, wantedModule, type Phrase, type VersionsOf } from './wording.ts'

/** A cause that is no derivation. */
export type Fact = Exclude<Cause, { kind: 'derived' }>

export class Sentences {
  readonly #versionsOf: VersionsOf
  /** Who asks for the roots. */
  readonly #root: string

  constructor(versionsOf: VersionsOf, root: string) {
    this.#versionsOf = versionsOf
    this.#root = root
  }

  reason(fact: Fact): string {
    switch (fact.kind) {
      case 'root':
        if (fact.requirement.because !== undefined) return fact.requirement.because
        return `${this.#root} ${fact.requirement.optional === true ? 'takes' : 'asks for'} ${this.#asked(fact)}`
      case 'fixed':
        return `the kernel brings "${fact.id}" ${fact.version}`
      case 'dependency': {
        const verb = fact.requirement.optional === true ? ['takes', 'take'] : ['needs', 'need']
        return `${this.#says(fact, verb)} ${this.#asked(fact)}`
      }
      case 'conflict':
        return `${this.#says(fact, ['conflicts', 'conflict'])} with "${fact.other}" ${fact.range}`
      case 'unusable': {
        const range = JSON.stringify(fact.range)
        return `${this.#says(fact, ['asks', 'ask'])} for "${fact.other}" in ${range}, which is not a range`
      }
      case 'circle':
        return circleText(fact.circle)
      case 'no_version':
        return `no version of "${fact.id}" matches ${wantedText(fact.id, fact.wanted, this.#versionsOf)}`
      case 'unknown':
        return `no source has "${fact.id}"`
    }
  }

  /** Two reasons in one breath, where the second says more of what the first asks for. */
  reasons(first: Fact, second: Fact): string {
    return (
      this.#chained(first, second) ??
      this.#chained(second, first) ??
      this.#askedTogether(first, second) ??
      `${this.reason(first)} and ${this.reason(second)}`
    )
  }

  #askedTogether(first: Fact, second: Fact): string | undefined {
    if (first.kind !== 'root' || second.kind !== 'root') return undefined
    if (standsAlone(first.requirement) || standsAlone(second.requirement)) return undefined
    const [one, other] = first.requirement.id < second.requirement.id ? [first, second] : [second, first]
    return `${this.reason(one)} and ${this.#asked(other)}`
  }

  #chained(first: Fact, second: Fact): string | undefined {
    if (first.kind !== 'root' && first.kind !== 'dependency') return undefined
    const { id } = first.requirement
    if (standsAlone(first.requirement) || second.kind === 'root' || second.kind === 'circle') return undefined
    if (second.id !== id) return undefined
    const more = this.#more(first.wanted, second)
    return more === undefined ? undefined : `${this.reason(first)}, ${more}`
  }

  /** What a fact adds to a requirement of its module, or undefined where it speaks of other versions. */
  #more(wanted: VersionSet, fact: Exclude<Fact, { kind: 'root' | 'circle' }>): string | undefined {
    switch (fact.kind) {
      case 'fixed':
        return `but the kernel brings ${fact.version}`
      case 'unknown':
        return 'which no source has'
      case 'no_version':
        return this.#covers(fact.wanted, wanted) ? 'which no version matches' : undefined
      case 'conflict':
        return this.#covers(fact.versions, wanted)
          ? `which conflicts with "${fact.other}" ${fact.range}`
          : undefined
      case 'dependency': {
        if (!this.#isAll(fact.id, wanted, fact.versions)) return undefined
        return `which ${fact.requirement.optional === true ? 'takes' : 'needs'} ${this.#asked(fact)}`
      }
      case 'unusable':
        return undefined
    }
  }

  #covers(outer: VersionSet, inner: VersionSet): boolean {
    return outer === inner || (outer.text !== undefined && outer.text === inner.text)
  }

  /** Whether every version that there is of what is wanted is among these, and there is one. */
  #isAll(id: string, wanted: VersionSet, versions: VersionSet): boolean {
    const matching = this.#versionsOf(id).filter(({ point }) => has(wanted, point))
    return matching.length > 0 && matching.every(({ point }) => has(versions, point))
  }

  /** What follows from an incompatibility. */
  conclusion({ terms }: Incompatibility): string {
    const positive = terms.filter(({ absent }) => !absent)
    const needed = terms
      .filter(({ absent }) => absent)
      .map(({ id, versions }) => wantedModule(id, complement(versions), this.#versionsOf))
    const [first, second] = positive
    if (first === undefined) {
      return needed.length === 0 ? 'no set of versions fits' : `${listed(needed, 'or')} is needed`
    }
    if (needed.length > 0) return this.#needs(positive, listed(needed, 'or'))
    return second === undefined ? this.#unusable(first) : `${this.#names(positive)} do not go together`
  }

  #needs(positive: readonly Term[], needed: string): string {
    const [only] = positive
    if (only === undefined || positive.length > 1) return `${this.#names(positive)} together need ${needed}`
    return `${this.#says(only, ['needs', 'need'])} ${needed}`
  }

  #unusable({ id, versions }: Term): string {
    const { text } = this.#modules(id, versions)
    return text.startsWith('every ') ? `no version of "${id}" can be used` : `${text} cannot be used`
  }

  #names(terms: readonly Term[]): string {
    return listed(terms.map(({ id, versions }) => shortName(id, versions, this.#versionsOf)))
  }

  #modules(id: string, versions: VersionSet): Phrase {
    return modules(id, versions, this.#versionsOf)
  }

  #says({ id, versions }: { id: string; versions: VersionSet }, [one, many]: readonly string[]): string {
    const phrase = this.#modules(id, versions)
    return `${phrase.text} ${phrase.many ? many : one}`
  }

  #asked({ requirement, wanted }: Extract<Fact, { kind: 'root' | 'dependency' }>): string {
    const text = wantedText(requirement.id, wanted, this.#versionsOf)
    const hopeless = isEmpty(wanted) ? ', which no version can match' : ''
    return `"${requirement.id}" ${requirement.optional === true ? 'only in ' : ''}${text}${hopeless}`
  }
}

function wantedText(id: string, wanted: VersionSet, versionsOf: VersionsOf): string {
  return wantedModule(id, wanted, versionsOf).slice(id.length + 3)
}

/** Whether nothing more can be said of it in the same breath. */
function standsAlone({ optional, because }: Requirement): boolean {
  return optional === true || because !== undefined
}

function circleText(circle: readonly string[]): string {
  const [first] = circle
  if (circle.length === 2) return `"${first}" depends on itself`
  const names = [...new Set(circle)].toSorted().map((id) => `"${id}"`)
  return `${listed(names)} depend on each other in a circle (${circle.map((id) => `"${id}"`).join(' → ')})`
}
