/**
 * Why there is no answer, in sentences: the tree of incompatibilities told from its leaves to its root, as PubGrub's report
 * is. A line that is needed again further on has a number, and is referred to by it. Below stand hints: the id that was
 * probably meant, the versions that there are. Owns the order of the lines; the words are in `sentences.ts`.
 */
import { invariant } from '@nexus/sdk'
import { didYouMean } from '../nearest.ts'
import { causesIn, type Cause, type Incompatibility } from './incompatibility.ts'
import type { Failure } from './resolve.ts'
import { Sentences, type Fact } from './sentences.ts'
import { has, type Point, type VersionSet } from './version_set.ts'
import { listed } from './wording.ts'

export interface ExplainOptions {
  /** Who asks for the roots, as a noun; by default "this workspace". */
  readonly root?: string
  /** Of a derivation with more lines only the last ones are told. */
  readonly linesMax?: number
}

/** Versions of a module that a hint names at most. */
const hintedVersionsMax = 5

export function explain(failure: Failure, options: ExplainOptions = {}): string {
  const { root = 'this workspace', linesMax = 60 } = options
  const lines = new Report(failure.proof, new Sentences(failure.versionsOf, root)).lines()
  const left = lines.length - linesMax
  const told = left > 0 ? [`(${left} lines before these are left out.)`, ...lines.slice(-linesMax)] : lines
  const hints = hintsFor(failure)
  return [...told, ...(hints.length > 0 ? ['', ...hints] : [])].join('\n')
}

interface Line {
  readonly text: string
  readonly number?: number
}

class Report {
  readonly #proof: Incompatibility
  readonly #sentences: Sentences
  readonly #uses: ReadonlyMap<Incompatibility, number>
  readonly #numbers = new Map<Incompatibility, number>()
  readonly #lines: Line[] = []
  /** What is to do yet, last first. Derivations may be too deep for recursion. */
  readonly #steps: (() => void)[] = []

  constructor(proof: Incompatibility, sentences: Sentences) {
    this.#proof = proof
    this.#sentences = sentences
    this.#uses = usesIn(proof)
  }

  lines(): string[] {
    this.#then(() => this.#prove(this.#proof, false))
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) step()
    const width = this.#numbers.size > 0 ? `(${this.#numbers.size}) `.length : 0
    return this.#lines.map(({ text, number }) => {
      const mark = number === undefined ? '' : `(${number}) `
      return text === '' ? '' : mark.padEnd(width) + text
    })
  }

  /** Does these steps next, in this order. */
  #then(...steps: (() => void)[]): void {
    this.#steps.push(...steps.toReversed())
  }

  /** Tells why an incompatibility holds; what is numbered can be referred to. */
  #prove(incompatibility: Incompatibility, numbered: boolean): void {
    const { cause } = incompatibility
    const because = numbered || incompatibility === this.#proof ? 'So, because' : 'And because'
    const say = (reasons: string): void => this.#conclude(reasons, incompatibility, numbered)
    if (cause.kind !== 'derived') return say(`Because ${this.#sentences.reason(cause)}`)
    const [left, right] = cause.from
    if (left.cause.kind !== 'derived' && right.cause.kind !== 'derived') {
      say(`Because ${this.#sentences.reasons(left.cause, right.cause)}`)
    } else if (left.cause.kind !== 'derived') this.#proveWith(right, left.cause, because, say)
    else if (right.cause.kind !== 'derived') this.#proveWith(left, right.cause, because, say)
    else this.#proveBoth(left, right, because, say)
  }

  #conclude(reasons: string, incompatibility: Incompatibility, numbered: boolean): void {
    const text = `${reasons}, ${this.#sentences.conclusion(incompatibility)}.`
    if (!numbered && (this.#uses.get(incompatibility) ?? 0) < 2) return void this.#lines.push({ text })
    const number = this.#numbers.size + 1
    this.#numbers.set(incompatibility, number)
    this.#lines.push({ text, number })
  }

  /** From something derived and a fact. */
  #proveWith(derived: Incompatibility, fact: Fact, because: string, say: (reasons: string) => void): void {
    if (this.#numbers.has(derived)) {
      return say(`Because ${this.#sentences.reason(fact)} and ${this.#told(derived)}`)
    }
    const inner = this.#foldable(derived)
    if (inner === undefined) {
      return this.#then(
        () => this.#prove(derived, false),
        () => say(`${because} ${this.#sentences.reason(fact)}`),
      )
    }
    this.#then(
      () => this.#prove(inner.derived, false),
      () => say(`${because} ${this.#sentences.reasons(inner.fact, fact)}`),
    )
  }

  /** What a step consists of that need not have a line of its own: nothing else needs it, and it adds but one fact. */
  #foldable(step: Incompatibility): { derived: Incompatibility; fact: Fact } | undefined {
    if (step.cause.kind !== 'derived' || (this.#uses.get(step) ?? 0) > 1) return undefined
    const [left, right] = step.cause.from
    const facts = [left.cause, right.cause].filter((cause) => cause.kind !== 'derived')
    const derived = left.cause.kind === 'derived' ? left : right
    const [fact] = facts
    return facts.length === 1 && fact !== undefined && !this.#numbers.has(derived)
      ? { derived, fact }
      : undefined
  }

  #proveBoth(
    left: Incompatibility,
    right: Incompatibility,
    because: string,
    say: (reasons: string) => void,
  ): void {
    const known = [left, right].filter((side) => this.#numbers.has(side))
    const [first] = known
    if (known.length === 2) return say(`Because ${this.#told(left)} and ${this.#told(right)}`)
    if (first !== undefined) {
      return this.#then(
        () => this.#prove(first === left ? right : left, false),
        () => say(`${because} ${this.#told(first)}`),
      )
    }
    if (isShort(left) || isShort(right)) {
      const [long, short] = isShort(right) ? [left, right] : [right, left]
      return this.#then(
        () => this.#prove(long, false),
        () => this.#prove(short, false),
        () => say(because === 'And because' ? 'Thus' : 'So'),
      )
    }
    this.#then(
      () => this.#prove(left, true),
      () => void this.#lines.push({ text: '' }),
      () => this.#prove(right, false),
      () => say(`${because} ${this.#told(left)}`),
    )
  }

  /** A conclusion that has a line, with the number of it. */
  #told(incompatibility: Incompatibility): string {
    const number = this.#numbers.get(incompatibility)
    invariant(number !== undefined, 'a line is referred to that has no number')
    return `${this.#sentences.conclusion(incompatibility)} (${number})`
  }
}

/** Whether it takes one line to prove. */
function isShort({ cause }: Incompatibility): boolean {
  return cause.kind === 'derived' && cause.from.every(({ cause: inner }) => inner.kind !== 'derived')
}

/** How many incompatibilities each one is a cause of. */
function usesIn(proof: Incompatibility): Map<Incompatibility, number> {
  const uses = new Map<Incompatibility, number>([[proof, 0]])
  for (const { cause } of uses.keys()) {
    if (cause.kind !== 'derived') continue
    for (const from of cause.from) uses.set(from, (uses.get(from) ?? 0) + 1)
  }
  return uses
}

/** What could be done next, for each leaf of the derivation that says so. */
function hintsFor(failure: Failure): string[] {
  return [...new Set(causesIn(failure.proof).flatMap((cause) => hintFor(failure, cause)))].sort()
}

function hintFor({ knownIds, versionsOf }: Failure, cause: Cause): string[] {
  if (cause.kind === 'unknown') {
    const hint = didYouMean(
      cause.id,
      knownIds.filter((id) => id !== cause.id),
    )
    return hint === undefined ? [] : [`No source has "${cause.id}". ${hint}`]
  }
  if (cause.kind === 'circle') return ['Remove one of the dependencies of the circle, or make it optional.']
  if (cause.kind !== 'no_version') return []
  const { id, wanted } = cause
  const known = versionsOf(id).toReversed()
  const near = known.find(({ point }) => wouldMatch(wanted, point))
  if (near !== undefined) {
    const { version } = near.found
    return [
      `Of "${id}" only a pre-release would do: ${version}. A range lets it in that names one: >=${version}.`,
    ]
  }
  const texts = known.slice(0, hintedVersionsMax).map(({ found }) => found.version)
  const older = known.length - texts.length
  return [`"${id}" is there in ${listed([...texts, ...(older > 0 ? [`${older} older ones`] : [])])}.`]
}

/** Whether a pre-release is kept out only by being one. */
function wouldMatch(wanted: VersionSet, { major, minor, patch, prerelease }: Point): boolean {
  return prerelease.length > 0 && has(wanted, { major, minor, patch, prerelease: [] })
}
