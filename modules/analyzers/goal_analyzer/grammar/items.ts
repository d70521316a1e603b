/**
 * A statement with what is bound to it, and how a row of them becomes a block: what is said to be done in parallel is
 * put side by side, as far as `and` and commas reach.
 */
import { Refusal, spanOver, type Span } from '../refusal.ts'
import type { JointKind } from './sentences.ts'
import type { Operand, Phrase, Slot, Slots, Statement } from './tree.ts'

export interface Item {
  readonly statement: Statement
  /** What joins it to the one before. */
  readonly joint?: JointKind
  /** Said before it: from here on. Said behind it: up to here. */
  readonly parallel?: 'before' | 'after'
  /** Said of the loop around it. */
  readonly concurrency?: number
  /** It says what is done where the statement before fails, or all before it. */
  readonly rescues?: 'last' | 'all'
  /** It speaks of all results of the loop before it. */
  readonly isAboutAll: boolean
}

/** In parallel, with no number said. */
export const concurrencyDefault = 10

export function grouped(all: readonly Item[], { inLoop = false } = {}): readonly Statement[] {
  const items = rescued(all)
  const statements: Statement[] = []
  for (let at = 0; at < items.length;) {
    const end = groupEnd(items, at)
    const group = items.slice(at, end)
    const isParallel = group.some(({ parallel }) => parallel !== undefined)
    if (isParallel && !(inLoop && group.length === 1)) statements.push(sideBySide(group))
    else statements.push(...group.map(({ statement }) => statement))
    at = end
  }
  return statements
}

/** What is done on failure, put around what may fail. */
function rescued(items: readonly Item[]): readonly Item[] {
  const result: Item[] = []
  for (const item of items) {
    const { statement, rescues } = item
    if (statement.kind !== 'rescue' || rescues === undefined || statement.body.length > 0) {
      result.push(item)
      continue
    }
    const covered = rescues === 'all' ? result.splice(0) : result.splice(-1)
    const [first] = covered
    if (!first) throw new Refusal('Nothing comes before this that could fail.', [statement.span])
    const body = grouped(covered)
    const span = spanOver([...body.map((one) => one.span), statement.span])
    result.push({ ...first, statement: { ...statement, body, span } })
  }
  return result
}

/** A group is what `and` joins, where any of it is said to be parallel; else one statement alone. */
function groupEnd(items: readonly Item[], start: number): number {
  let end = start + 1
  while (items[end]?.joint === 'and') end += 1
  const after = items.slice(start, end).findIndex(({ parallel }) => parallel === 'after')
  if (after !== -1) return start + after + 1
  // `fetch a and at the same time read b`: the one before is meant too.
  if (items[start + 1]?.parallel === 'before' && items[start + 1]?.joint === 'and') return end
  return items[start]?.parallel === 'before' ? end : start + 1
}

function sideBySide(group: readonly Item[]): Statement {
  const branches = group.flatMap(({ statement }) => splitOperands(statement))
  const span = spanOver(branches.map((branch) => branch.span))
  if (branches.length > 1) return { kind: 'parallel', branches, span }
  throw new Refusal('Only one thing is said to be done in parallel. Name at least two, joined by “and”.', [
    span,
  ])
}

/** `read a.csv and b.csv in parallel`: a branch for each. */
function splitOperands(statement: Statement): readonly Statement[] {
  if (statement.kind === 'parallel') return statement.branches
  const what = statement.kind === 'action' ? statement.phrase.slots['what'] : undefined
  if (statement.kind !== 'action' || what?.type !== 'operand' || what.operands.length < 2) return [statement]
  return what.operands.map((operand): Statement => {
    const slots = { ...statement.phrase.slots, what: { ...what, operands: [operand], span: operand.span } }
    return { kind: 'action', span: operand.span, phrase: { ...statement.phrase, slots, span: operand.span } }
  })
}

export const wrapped = {
  each(
    slots: Slots,
    body: readonly Statement[],
    concurrency: number | undefined,
    span: Span,
  ): Statement | undefined {
    const { source, noun } = slots
    const [operand] = source?.type === 'operand' ? source.operands : []
    if (!operand) return undefined
    const inBody = body.length === 1 ? concurrencyOf(body[0]) : undefined
    return {
      kind: 'each',
      noun: nounOf(noun),
      source: operand,
      body,
      concurrency: concurrency ?? inBody,
      span,
    }
  },

  parallel(item: Item, side: 'before' | 'after'): Item {
    const { statement } = item
    if (statement.kind === 'each')
      return {
        ...item,
        statement: { ...statement, concurrency: statement.concurrency ?? concurrencyDefault },
      }
    return { ...item, parallel: side, concurrency: item.concurrency ?? concurrencyDefault }
  },

  concurrency(item: Item, concurrency: number): Item {
    if (item.statement.kind === 'each') return { ...item, statement: { ...item.statement, concurrency } }
    return { ...item, concurrency }
  },

  /** Behind a statement it is about that one; at the very beginning of a goal about all of it. */
  timeLimit(item: Item, slots: Slots, span: Span, isWhole: boolean): readonly Item[] {
    const duration = slots['duration']
    const milliseconds = duration?.type === 'value' ? Number(duration.value) : 0
    if (milliseconds <= 0) throw new Refusal('This is no time in which anything could be done.', [span])
    const whole = spanOver([item.statement.span, span])
    const body = [item.statement]
    const statement: Statement = isWhole
      ? { kind: 'constrained', constraint: { kind: 'time', milliseconds }, body, span: whole }
      : { kind: 'time_limit', milliseconds, body, span: whole }
    return [{ ...item, statement }]
  },

  constrained(item: Item, slots: Slots, span: Span): readonly Item[] {
    const slot = slots['constraint']
    if (slot?.type !== 'constraint') return []
    const body = [item.statement]
    return [{ ...item, statement: { kind: 'constrained', constraint: slot.constraint, body, span } }]
  },

  /** `from sales.csv, take …`: what the clause is about, unless it says so itself. */
  context(item: Item, slots: Slots): readonly Item[] {
    const { statement } = item
    const source = slots['in']
    const phrase = statement.kind === 'action' && source ? about(statement.phrase, source) : undefined
    if (statement.kind !== 'action' || !phrase) return []
    return [{ ...item, statement: { ...statement, phrase } }]
  },

  repeated(statement: Statement, does: string, slots: Slots, span: Span): Statement {
    const { n, delay } = slots
    const times = n?.type === 'value' ? Number(n.value) : 1
    const whole = spanOver([statement.span, span])
    if (times < 1 || times > timesMax)
      throw new Refusal(`Something can be done 1 to ${timesMax} times, not ${times}.`, [span])
    if (does === 'repeat') return { kind: 'repeat', times, body: [statement], span: whole }
    const delayMs = delay?.type === 'value' ? Number(delay.value) : 0
    return { kind: 'retry', attempts: times, delayMs, body: [statement], span: whole }
  },
}

const timesMax = 1_000

/** A question that does not say what it is about. */
function asking(phrase: Phrase, source: Slot): Phrase | undefined {
  const { question } = phrase.slots
  const [operand] = source.type === 'operand' ? source.operands : []
  const inner = operand?.kind === 'phrase' ? operand.phrase.slots['source'] : undefined
  const place = inner?.type === 'operand' ? inner.operands[0] : operand
  if (question?.type !== 'question' || question.question.sources.length > 0 || place?.kind !== 'file')
    return undefined
  const sources = [{ path: place.path, table: undefined, span: place.span }]
  return {
    ...phrase,
    slots: { ...phrase.slots, question: { ...question, question: { ...question.question, sources } } },
  }
}

/** The phrase, or what it is about, with a source; undefined where it has one, or takes none. */
function about(phrase: Phrase, source: Slot): Phrase | undefined {
  const asked = asking(phrase, source)
  if (asked || phrase.pattern.does === 'ask') return asked
  const what = phrase.slots['what']
  const [operand] = what?.type === 'operand' ? what.operands : []
  const inside = operand?.kind === 'phrase' ? asking(operand.phrase, source) : undefined
  if (inside && operand?.kind === 'phrase' && what?.type === 'operand')
    return {
      ...phrase,
      slots: { ...phrase.slots, what: { ...what, operands: [{ ...operand, phrase: inside }] } },
    }
  const takesSource = phrase.pattern.does !== 'give' || !what
  if (operand?.kind === 'phrase' && what?.type === 'operand' && what.operands.length === 1) {
    const isPlaced = ['in', 'source', 'database'].some((name) => name in operand.phrase.slots)
    const inner = isPlaced
      ? undefined
      : { ...operand, phrase: { ...operand.phrase, slots: { ...operand.phrase.slots, in: source } } }
    return inner && operand.phrase.pattern.modifiers.includes('in')
      ? { ...phrase, slots: { ...phrase.slots, what: { ...what, operands: [inner] } } }
      : undefined
  }
  return takesSource && !('in' in phrase.slots)
    ? { ...phrase, slots: { ...phrase.slots, in: source } }
    : undefined
}

function concurrencyOf(statement: Statement | undefined): number | undefined {
  return statement?.kind === 'each' ? statement.concurrency : undefined
}

function nounOf(slot: Slots[string] | undefined): string {
  const operand: Operand | undefined = slot?.type === 'operand' ? slot.operands[0] : undefined
  return operand?.kind === 'noun' || operand?.kind === 'pronoun' ? operand.word : 'item'
}
