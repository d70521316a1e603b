/**
 * Statements and what joins them. A statement is an action, or one of the structures around actions (`if`, `for each`,
 * retries); what stands before and behind it (`in parallel`, `up to 3 times`) is bound to it here. Where a reading of a
 * clause leaves nothing that can be read behind it, the next shorter one is tried; no place is read twice.
 */
import type { Span } from '../refusal.ts'
import { grouped, wrapped, type Item } from './items.ts'
import type { Found, Reader } from './reader.ts'
import type { Check, Phrase, Slots, Statement } from './tree.ts'
import { fixedText, type Pattern, type PatternKind } from './vocabulary.ts'

/** What patterns do that stand before or behind a statement. */
export const structureDoings: ReadonlySet<string> = new Set([
  'if',
  'each',
  'parallel',
  'at_a_time',
  'retry',
  'repeat',
  'rescue',
  'time_limit',
  'constraint',
  'context',
])

type Scope = 'goal' | 'block' | 'each'

interface Match {
  readonly end: number
  readonly phrase: Phrase
  readonly pattern: Pattern
  readonly slots: Slots
}

export type JointKind = 'and' | 'then' | 'stop'

export class Sentences {
  readonly #reader: Reader
  readonly #sequences = new Map<string, Found<readonly Item[]> | undefined>()
  /** Where in the goal its first clause begins. */
  #start = 0
  readonly #actions = new Map<number, readonly Found<Item>[]>()

  constructor(reader: Reader) {
    this.#reader = reader
  }

  /** Undefined where not all of the goal could be read. */
  all(): readonly Statement[] | undefined {
    const start = this.#reader.phraseEnd('stop', 0) ?? 0
    this.#start = this.#reader.tokens[this.#opening(start)]?.start ?? 0
    const found = this.#sequence(start, 'goal')
    return found && grouped(found.value)
  }

  #sequence(at: number, scope: Scope): Found<readonly Item[]> | undefined {
    const key = `${scope} ${at}`
    if (this.#sequences.has(key)) return this.#sequences.get(key)
    this.#sequences.set(key, undefined)
    const found = this.#readSequence(at, scope)
    this.#sequences.set(key, found)
    return found
  }

  #readSequence(at: number, scope: Scope): Found<readonly Item[]> | undefined {
    for (const { end, value: item } of this.#statements(this.#opening(at))) {
      const joint = this.#joint(end)
      const done = { end, value: [item] }
      if (this.#isEnd(joint?.end ?? end)) return done
      if (scope !== 'goal' && (joint?.kind === 'stop' || this.#otherwise(end) !== undefined)) return done
      if (!joint) continue
      const rest = this.#sequence(joint.end, scope)
      const [next] = rest?.value ?? []
      if (rest && next && !(scope === 'each' && next.isAboutAll)) {
        return { end: rest.end, value: [item, { ...next, joint: joint.kind }, ...rest.value.slice(1)] }
      }
      if (scope !== 'goal') return done
    }
    return undefined
  }

  #isEnd(at: number): boolean {
    return this.#reader.skip(at) >= this.#reader.length
  }

  /** What may stand before any clause and says nothing: `please`, `could you`, `also`, `first`. */
  #opening(at: number): number {
    const { reader, next } = {
      reader: this.#reader,
      next: (from: number) => this.#reader.phraseEnd('polite', from),
    }
    let start = this.#pastIdle(at)
    for (let end = next(start) ?? next(at); end !== undefined; end = next(start)) {
      start = this.#pastIdle(this.#pastSigns(end))
      reader.reached(start)
    }
    return start
  }

  /** Behind words that say nothing, and what sets them apart: `no rush at all, …`. */
  #pastIdle(at: number): number {
    const start = this.#reader.skip(at)
    const isSet = start > at + 1 && this.#reader.isWord(start, ',')
    return isSet ? this.#pastIdle(start + 1) : start
  }

  /** Behind `please:`, `hi!`, `do the following: 1)`. */
  #pastSigns(at: number): number {
    let end = at
    while ([',', '!', ':', '.', '\n'].some((sign) => this.#reader.isWord(end, sign))) end += 1
    return end
  }

  #joint(at: number): { end: number; kind: JointKind } | undefined {
    const reader = this.#reader
    let kind: JointKind = 'and'
    let end = reader.skip(at)
    const start = end
    for (;;) {
      const then = reader.phraseEnd('then', end)
      const stop = reader.phraseEnd('stop', end) ?? reader.phraseEnd('stop', reader.skip(end))
      const next =
        stop ?? then ?? (reader.isWord(end, ',') ? end + 1 : undefined) ?? reader.phraseEnd('and', end)
      if (next === undefined) break
      if (stop !== undefined) kind = 'stop'
      else if (then !== undefined && kind !== 'stop') kind = 'then'
      end = next
      reader.reached(end)
    }
    // `count them -> counts.json`: the arrow begins what is done with it.
    if (end === start && reader.isWord(start, '->')) return { end, kind: 'then' }
    return end > start ? { end, kind } : undefined
  }

  /** Behind a block: where what `otherwise` brings begins. */
  #otherwise(at: number): number | undefined {
    const reader = this.#reader
    const joint = this.#joint(at)?.end ?? at
    const end = reader.phraseEnd('otherwise', joint)
    if (end === undefined) return undefined
    reader.reached(end)
    return reader.isWord(end, ',') ? end + 1 : end
  }

  #statements(at: number): readonly Found<Item>[] {
    const known = this.#actions.get(at)
    if (known) return known
    this.#actions.set(at, [])
    this.#reader.clause = Math.max(this.#reader.clause, at)
    const found = [...this.#structures(at), ...this.#plain(at)].flatMap((one) => this.#extended(one))
    const ordered = found.toSorted((left, right) => right.end - left.end)
    this.#actions.set(at, ordered)
    return ordered
  }

  #plain(at: number): readonly Found<Item>[] {
    return this.#matches('action', at).map(({ end, phrase }) => ({
      end,
      value: {
        statement: { kind: 'action', phrase, span: phrase.span },
        isAboutAll: phrase.pattern.fixed['all'] === true || this.#isAboutAll(at, end),
      },
    }))
  }

  /** `the results`, said in a loop, means those of the whole loop. */
  #isAboutAll(at: number, end: number): boolean {
    for (let place = at; place < end; place++) {
      const after = this.#reader.phraseEnd('collected', place)
      if (after !== undefined && after <= end) return true
    }
    return false
  }

  #matches(kind: PatternKind, at: number): readonly Match[] {
    return this.#reader.vocabulary.patterns
      .filter((pattern) => pattern.kind === kind)
      .flatMap((pattern) =>
        this.#reader.pattern(pattern, at).map(({ end, value: slots }) => {
          return { end, pattern, slots, phrase: { pattern, slots, span: this.#reader.span(at, end) } }
        }),
      )
  }

  #structures(at: number): readonly Found<Item>[] {
    return this.#matches('before', at).flatMap(({ end, pattern, slots, phrase }) => {
      const start = this.#opening(
        this.#reader.isWord(end, ',') || this.#reader.isWord(end, ':') ? end + 1 : end,
      )
      switch (pattern.does) {
        case 'if':
          return this.#conditional(start, phrase, checkOf(slots, pattern))
        case 'each':
          return this.#loop(start, slots, phrase.span)
        case 'rescue':
          return this.#rescue(start, phrase)
        default:
          return this.#statements(start).flatMap((found) =>
            this.#bound(found, pattern, slots, phrase.span, 'before'),
          )
      }
    })
  }

  #conditional(at: number, phrase: Phrase, check: Check | undefined): readonly Found<Item>[] {
    const then = this.#reader.phraseEnd('then', at) ?? at
    const block = check && this.#sequence(then, 'block')
    if (!check || !block) return []
    return [this.#withOtherwise(block.end, check, grouped(block.value), phrase.span)]
  }

  /** What is done where the statement before fails; it is put around that one when the list is grouped. */
  #rescue(at: number, { span, pattern }: Phrase): readonly Found<Item>[] {
    const block = this.#sequence(this.#reader.phraseEnd('then', at) ?? at, 'block')
    if (!block) return []
    const handler = grouped(block.value)
    const rescues = pattern.fixed['of'] === 'all' ? 'all' : 'last'
    return [
      {
        end: block.end,
        value: { statement: { kind: 'rescue', body: [], handler, span }, rescues, isAboutAll: false },
      },
    ]
  }

  #withOtherwise(at: number, check: Check, then: readonly Statement[], span: Span): Found<Item> {
    const start = this.#otherwise(at)
    const block = start === undefined ? undefined : this.#sequence(start, 'block')
    const otherwise = block && grouped(block.value)
    const statement: Statement = { kind: 'if', check, then, otherwise, span }
    return { end: block?.end ?? at, value: { statement, isAboutAll: false } }
  }

  #loop(at: number, slots: Slots, span: Span): readonly Found<Item>[] {
    const block = this.#sequence(at, 'each')
    const source = slots['source']
    if (!block || source?.type !== 'operand') return []
    const concurrency =
      numberIn(slots) ?? block.value.find((item) => item.concurrency !== undefined)?.concurrency
    const statement = wrapped.each(slots, grouped(block.value, { inLoop: true }), concurrency, span)
    return statement ? [{ end: block.end, value: { statement, isAboutAll: false } }] : []
  }

  /** The statement as it is, and with each of the phrases that may stand behind it. */
  #extended(found: Found<Item>): readonly Found<Item>[] {
    const all = [found]
    for (let place = 0; place < all.length && all.length < extensionsMax; place++) {
      const one = all[place]
      if (!one) break
      const after = this.#after(one.end).flatMap(({ end, pattern, slots, phrase }) =>
        this.#bound({ end, value: one.value }, pattern, slots, phrase.span, 'after'),
      )
      for (const next of after) if (!all.some(({ end }) => end === next.end)) all.push(next)
    }
    return all
  }

  /** Behind a comma a condition or a loop is the beginning of the next clause. */
  #after(at: number): readonly Match[] {
    const reader = this.#reader
    const bare = this.#matches('after', at)
    const comma = reader.isWord(at, ',') ? at + 1 : at
    const joined = reader.phraseEnd('and', comma) ?? comma
    if (joined === at) return bare
    const behind = this.#matches('after', joined)
    return [...bare, ...behind.filter(({ pattern }) => pattern.does !== 'if' && pattern.does !== 'each')]
  }

  #bound(
    found: Found<Item>,
    pattern: Pattern,
    slots: Slots,
    span: Span,
    side: 'before' | 'after',
  ): readonly Found<Item>[] {
    const { end, value: item } = found
    switch (pattern.does) {
      case 'if': {
        const check = checkOf(slots, pattern)
        return check ? [this.#withOtherwise(end, check, [item.statement], span)] : []
      }
      case 'each': {
        const statement = wrapped.each(slots, [item.statement], numberIn(slots), span)
        return statement ? [{ end, value: { statement, isAboutAll: false } }] : []
      }
      case 'parallel':
        return [{ end, value: wrapped.parallel(item, side) }]
      case 'at_a_time':
        return [{ end, value: wrapped.concurrency(item, numberIn(slots) ?? 1) }]
      case 'time_limit':
        return wrapped
          .timeLimit(item, slots, span, side === 'before' && span.start <= this.#start)
          .map((value) => ({ end, value }))
      case 'constraint':
        return wrapped.constrained(item, slots, span).map((value) => ({ end, value }))
      case 'context':
        return wrapped.context(item, slots).map((value) => ({ end, value }))
      default:
        return [
          { end, value: { ...item, statement: wrapped.repeated(item.statement, pattern.does, slots, span) } },
        ]
    }
  }
}

/** How many phrases may stand behind one another. */
const extensionsMax = 16

function checkOf(slots: Slots, pattern: Pattern): Check | undefined {
  const slot = slots['check']
  if (slot?.type !== 'check') return undefined
  return fixedText(pattern, 'sense') === 'unless' ? { kind: 'not', part: slot.check } : slot.check
}

function numberIn(slots: Slots): number | undefined {
  const slot = slots['n']
  return slot?.type === 'value' && typeof slot.value === 'number' ? slot.value : undefined
}
