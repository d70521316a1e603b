/**
 * What a goal is once it is understood: statements over phrases. A phrase is a pattern of the vocabulary with its slots
 * filled. Nothing here says how anything is done; names are as they were written, with their places.
 */
import type { Json } from '@nexus/sdk'
import type { Span } from '../refusal.ts'
import type { Pattern } from './vocabulary.ts'

export interface Phrase {
  readonly pattern: Pattern
  readonly slots: Slots
  readonly span: Span
}

export type Slots = Readonly<Record<string, Slot>>

export type Slot = { readonly span: Span } & (
  | { readonly type: 'operand'; readonly operands: readonly Operand[] }
  | { readonly type: 'columns'; readonly columns: readonly Column[] }
  | { readonly type: 'condition'; readonly condition: Condition }
  | { readonly type: 'aggregates'; readonly aggregates: readonly Aggregate[] }
  | { readonly type: 'order'; readonly order: readonly OrderKey[] }
  | { readonly type: 'key'; readonly left: Column; readonly right: Column }
  | { readonly type: 'comparison'; readonly comparison: Comparison }
  | { readonly type: 'formula'; readonly formula: Formula }
  | { readonly type: 'pairs'; readonly pairs: readonly { name: string; value: Json }[] }
  | { readonly type: 'check'; readonly check: Check }
  | { readonly type: 'question'; readonly question: Question }
  | { readonly type: 'constraint'; readonly constraint: Constraint }
  /** A file, an address, a text, a number, a name, milliseconds: whatever is a plain value. */
  | { readonly type: 'value'; readonly value: Json }
)

export type Operand = { readonly span: Span } & (
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'url'; readonly url: string }
  | { readonly kind: 'literal'; readonly value: Json }
  | { readonly kind: 'pronoun'; readonly word: string; readonly isPlural: boolean }
  | { readonly kind: 'noun'; readonly word: string }
  | { readonly kind: 'phrase'; readonly phrase: Phrase }
)

export interface Column {
  readonly name: string
  readonly span: Span
}

export type AggregateFunction = 'sum' | 'average' | 'min' | 'max' | 'count' | 'median' | 'distinct'

export interface Aggregate {
  readonly function: AggregateFunction
  /** Undefined for a count of rows, and where none was named. */
  readonly column: Column | undefined
  readonly span: Span
}

export interface OrderKey {
  readonly column: Column
  readonly isDescending: boolean
}

export type ComparisonOperator =
  | 'eq'
  | 'ne'
  | 'gt'
  | 'ge'
  | 'lt'
  | 'le'
  | 'contains'
  | 'starts'
  | 'ends'
  | 'matches'
  | 'in'
  | 'between'
  | 'empty'

export interface Comparison {
  readonly operator: ComparisonOperator
  readonly isNegated: boolean
  readonly values: readonly ComparedValue[]
}

export type ComparedValue = { readonly span: Span } & (
  | { readonly kind: 'literal'; readonly value: Json }
  /** A bare word: a value, or the name of a column. */
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'column'; readonly column: Column }
  | { readonly kind: 'operand'; readonly operand: Operand }
  /** Of all rows: `above the average amount`. */
  | { readonly kind: 'aggregate'; readonly aggregate: Aggregate }
)

/** What holds of one row, or of one line: then the subject is undefined. */
export type Condition =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] }
  | { readonly kind: 'not'; readonly part: Condition }
  | {
      readonly kind: 'compare'
      readonly subject: Column | undefined
      readonly comparison: Comparison
      readonly span: Span
    }

/** `price * quantity`, from left to right with the usual precedence. */
export type Formula =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'column'; readonly column: Column }
  | {
      readonly kind: 'choice'
      readonly condition: Condition
      readonly then: Formula
      readonly otherwise: Formula
    }
  | {
      readonly kind: 'operation'
      readonly sign: '+' | '-' | '*' | '/'
      readonly left: Formula
      readonly right: Formula
    }

/** What is asked of one table, in no order: see `question.ts`. */
export interface Question {
  /** One, or two that are joined; none is the last result. */
  readonly sources: readonly AskedSource[]
  /** By which columns two are joined, where it is said. */
  readonly key: { readonly left: Column; readonly right: Column } | undefined
  /** Rows of another table that must not be there for a row. */
  readonly lacking: { readonly source: AskedSource; readonly conditions: readonly Condition[] } | undefined
  /** The rows of which this holds are left out. */
  readonly isDropped: boolean
  /** What is said from here on must not hold. */
  readonly isExcept: boolean
  readonly conditions: readonly Condition[]
  /** Of the number of rows in a group. */
  readonly having: readonly Comparison[]
  readonly aggregates: readonly Aggregate[]
  readonly by: readonly Column[]
  /** They were said to be groups; else, where nothing is computed, an order. */
  readonly isPer: boolean
  readonly order: readonly AskedOrder[]
  readonly limit: AskedLimit | undefined
  /** What was computed, under other names. */
  readonly names: readonly { readonly at: number; readonly name: string }[]
  readonly columns: readonly Column[]
  readonly isDistinct: boolean
  /** By a verb, or by a word such as `which`. */
  readonly isAsked: boolean
  /** Places behind the point. */
  readonly precision: number | undefined
}

export interface AskedSource {
  readonly path: string
  /** Where the file is a database; undefined where it is not said. */
  readonly table: string | undefined
  readonly span: Span
}

export interface AskedOrder {
  /** Undefined is whatever is measured. */
  readonly column: Column | undefined
  readonly isDescending: boolean
  /** By the number of rows. */
  readonly isOfRows?: boolean
  /** A direction alone, such as `A to Z`, which is of texts as well. */
  readonly isPlain?: boolean
}

export interface AskedLimit {
  readonly count: number
  /** `the biggest order` is a row, `the 2 biggest` are rows. */
  readonly isOne: boolean
  readonly isFromEnd: boolean
  /** `the second highest`: that one alone. */
  readonly place?: number
  /** In the order that there is, so that none can be said behind it. */
  readonly isFinal: boolean
  /** Of `top` and `bottom`: which end of the order is meant. */
  readonly isTop?: boolean
}

/** What the whole plan has to keep to. */
export type Constraint =
  | { readonly kind: 'network' | 'budget' }
  | { readonly kind: 'steps'; readonly max: number }
  | { readonly kind: 'time'; readonly milliseconds: number }

/** What holds of the whole at a moment: decides an `if`. */
export type Check =
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Check[] }
  | { readonly kind: 'not'; readonly part: Check }
  | { readonly kind: 'phrase'; readonly phrase: Phrase }

export type Statement = { readonly span: Span } & (
  | { readonly kind: 'action'; readonly phrase: Phrase }
  | {
      readonly kind: 'if'
      readonly check: Check
      readonly then: readonly Statement[]
      readonly otherwise: readonly Statement[] | undefined
    }
  | {
      readonly kind: 'each'
      readonly noun: string
      readonly source: Operand
      readonly body: readonly Statement[]
      /** How many at a time; one after the other where it says nothing. */
      readonly concurrency: number | undefined
    }
  | { readonly kind: 'parallel'; readonly branches: readonly Statement[] }
  | {
      readonly kind: 'retry'
      readonly attempts: number
      readonly delayMs: number
      readonly body: readonly Statement[]
    }
  /** `handler` runs where the body fails. */
  | { readonly kind: 'rescue'; readonly body: readonly Statement[]; readonly handler: readonly Statement[] }
  | { readonly kind: 'time_limit'; readonly milliseconds: number; readonly body: readonly Statement[] }
  | { readonly kind: 'constrained'; readonly constraint: Constraint; readonly body: readonly Statement[] }
  | { readonly kind: 'repeat'; readonly times: number; readonly body: readonly Statement[] }
)
