/**
 * Matches templates against tokens. For one place it gives every end that a template can reach, the first way to reach
 * it; so that the work is bounded by the number of tokens squared. It remembers how far any attempt came: that is where
 * a goal stops being understood.
 */
import { spanOver, type Span } from '../refusal.ts'
import type { Lexicon } from './lexicon.ts'
import type { Slot, Slots } from './tree.ts'
import type { TemplateNode } from './template.ts'
import type { Token } from './tokens.ts'
import type { Pattern, Vocabulary } from './vocabulary.ts'

export interface Found<Value> {
  readonly end: number
  readonly value: Value
}

export type SlotReader = (reader: Reader, at: number) => readonly Found<Slot>[]

/** How deep things may stand in one another, as in `the number of the rows in the table of …`. */
const depthMax = 24

export class Reader {
  readonly tokens: readonly Token[]
  readonly vocabulary: Vocabulary
  /** What is known of the files of the goal. */
  readonly lexicon: Lexicon
  readonly #slots: ReadonlyMap<string, SlotReader>
  readonly #skips: readonly number[]
  readonly #memo = new Map<string, readonly Found<Slot>[]>()
  #depth = 0
  /** The first token that no attempt has got past. */
  furthest = 0
  /** Where the last clause began that was tried. */
  clause = 0

  constructor(
    tokens: readonly Token[],
    {
      vocabulary,
      lexicon,
      slots,
    }: Pick<Reader, 'vocabulary' | 'lexicon'> & { slots: ReadonlyMap<string, SlotReader> },
  ) {
    this.tokens = tokens
    this.vocabulary = vocabulary
    this.lexicon = lexicon
    this.#slots = slots
    this.#skips = this.#skipsOf()
  }

  get length(): number {
    return this.tokens.length
  }

  span(from: number, end: number): Span {
    const tokens = this.tokens.slice(this.skip(from), end)
    return tokens.length === 0 ? { start: 0, end: 0 } : spanOver(tokens)
  }

  /** The first token that begins there or behind. */
  placeOf(start: number): number {
    let [low, high] = [0, this.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.tokens[middle]?.start ?? 0) < start) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The place of the next token that carries meaning. */
  skip(at: number): number {
    return this.#skips[at] ?? at
  }

  #skipsOf(): readonly number[] {
    const skips: number[] = []
    for (let at = this.length - 1; at >= 0; at--) {
      const end = this.tokens[at]?.kind === 'word' ? this.phraseEnd('filler', at) : undefined
      skips[at] = end === undefined ? at : (skips[end] ?? end)
    }
    return skips
  }

  /** The end of the longest phrase of a class at a place. Nothing is skipped before it. */
  phraseEnd(name: string, at: number): number | undefined {
    const ends = this.phraseEnds(name, at)
    return ends.length === 0 ? undefined : Math.max(...ends)
  }

  /** The ends of all phrases of a class at a place. */
  phraseEnds(name: string, at: number): number[] {
    const phrases = this.vocabulary.classes.get(name) ?? []
    return phrases
      .filter((words) => words.every((word, offset) => this.isWord(at + offset, word)))
      .map((words) => at + words.length)
  }

  isWord(at: number, word: string): boolean {
    const token = this.tokens[at]
    return token !== undefined && token.kind !== 'text' && token.lower === word
  }

  /** Notes that something was read up to here. */
  reached(at: number): void {
    if (at > this.furthest) this.furthest = at
  }

  slot(type: string, at: number): readonly Found<Slot>[] {
    const key = `${type} ${at}`
    const known = this.#memo.get(key)
    if (known) return known
    this.#memo.set(key, [])
    const read = this.#slots.get(type)
    if (!read) throw new Error(`No slot is of the type "${type}".`)
    this.#depth += 1
    const found =
      this.#depth > depthMax ? [] : distinctEnds(read(this, type.startsWith('operand') ? at : this.skip(at)))
    this.#depth -= 1
    for (const { end } of found) this.reached(end)
    this.#memo.set(key, found)
    return found
  }

  match(node: TemplateNode, at: number, slots: Slots = {}): readonly Found<Slots>[] {
    switch (node.kind) {
      case 'word': {
        const start = this.skipUnless(at, node.word)
        return this.isWord(start, node.word) ? this.#got(start + 1, slots) : []
      }
      case 'class':
        return this.#phraseFrom(node.name, at).flatMap((end) => this.#got(end, slots))
      case 'slot':
        return this.slot(node.type, at).map(({ end, value }) => ({
          end,
          value: { ...slots, [node.name]: value },
        }))
      case 'optional':
        return distinctEnds([...this.match(node.node, at, slots), { end: at, value: slots }])
      case 'choice':
        return distinctEnds(node.nodes.flatMap((inner) => this.match(inner, at, slots)))
      case 'sequence':
        return this.#sequence(node.nodes, at, slots)
    }
  }

  /** A template may ask for a word that is else a filler. */
  skipUnless(at: number, word: string): number {
    const start = this.skip(at)
    for (let place = at; place < start; place++) if (this.isWord(place, word)) return place
    return start
  }

  #phraseFrom(name: string, at: number): readonly number[] {
    const ends: number[] = []
    for (let place = at; place <= this.skip(at); place++) ends.push(...this.phraseEnds(name, place))
    return ends
  }

  #got(end: number, slots: Slots): readonly Found<Slots>[] {
    this.reached(end)
    return [{ end, value: slots }]
  }

  #sequence(nodes: readonly TemplateNode[], at: number, slots: Slots): readonly Found<Slots>[] {
    let ends: readonly Found<Slots>[] = [{ end: at, value: slots }]
    for (const node of nodes) {
      ends = distinctEnds(ends.flatMap(({ end, value }) => this.match(node, end, value)))
      if (ends.length === 0) return ends
    }
    return ends
  }

  /** Every way to read a pattern at a place, with any of its modifiers behind it, in any order. */
  pattern(pattern: Pattern, at: number): readonly Found<Slots>[] {
    const cores = distinctEnds(pattern.templates.flatMap((template) => this.match(template, at)))
    if (cores.length === 0 || pattern.modifiers.length === 0) return cores
    const all = new Map(cores.map((found) => [found.end, found]))
    for (let round = 0, last = cores; round < pattern.modifiers.length && last.length > 0; round++) {
      last = last.flatMap((found) => this.#modified(pattern, found)).filter(({ end }) => !all.has(end))
      for (const found of last) if (!all.has(found.end)) all.set(found.end, found)
    }
    return [...all.values()]
  }

  #modified(pattern: Pattern, { end, value }: Found<Slots>): readonly Found<Slots>[] {
    return pattern.modifiers.flatMap((name) =>
      (this.vocabulary.modifiers.get(name) ?? []).flatMap((template) =>
        this.match(template, end).flatMap((found) =>
          Object.keys(found.value).some((slot) => slot in value)
            ? []
            : [{ end: found.end, value: { ...value, ...found.value } }],
        ),
      ),
    )
  }
}

/** For each end the first way there, the longest first. */
export function distinctEnds<Value>(found: readonly Found<Value>[]): readonly Found<Value>[] {
  if (found.length < 2) return found
  const ends = new Map<number, Found<Value>>()
  for (const one of found) if (!ends.has(one.end)) ends.set(one.end, one)
  return [...ends.values()].toSorted((left, right) => right.end - left.end)
}
