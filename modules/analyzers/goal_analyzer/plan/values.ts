/**
 * What flows between the steps of a plan: where a value is found (a jq expression that means the same anywhere in the
 * step), and what is known of it before anything has run.
 */
import { isJsonObject, type Json } from '@nexus/sdk'
import type { Column } from '../grammar/tree.ts'

export type ValueType = 'rows' | 'list' | 'record' | 'number' | 'text' | 'boolean' | 'any'

export interface Value {
  readonly type: ValueType
  /** Depends on nothing but `$context`, `$input` and the variables of loops. */
  readonly expression: string
  /** By which nouns it can be meant: `sales` for sales.csv, `total` for a sum. */
  readonly names: readonly string[]
  /** The names of its columns, where they are known. */
  readonly columns?: readonly string[]
  /** The keys of the columns that were computed for each group, as in `key` of a table. */
  readonly computed?: readonly string[]
  /** Rows that were said to be grouped, before it was said what is to come out of each group. */
  readonly groupedBy?: readonly Column[]
  /** Results that were made together; as one value it is an object of them. */
  readonly parts?: readonly Value[]
  /** It is, where it is a text, the text of a file already. */
  readonly isText?: boolean
  /** Its rows have one column, whatever it is called there. */
  readonly isOneColumn?: boolean
  /** The lines of a text, which have no columns. */
  readonly isLines?: boolean
  /** Its rows stand in an order that was asked for. */
  readonly isSorted?: boolean
  /** Values of one column of a table, as they stand there. */
  readonly isPlucked?: boolean
  /** It came of something that was done for its own sake, such as a command: no answer where more comes after it. */
  readonly isByTheWay?: boolean
  /** Nothing can be made of it but its value: it was given, not worked out. */
  readonly isGiven?: boolean
}

/** A text as a jq text, in which nothing is an expression any more. */
export function quoted(text: string): string {
  return JSON.stringify(text)
}

/** A text from the goal as a member of a task: literal, also where it looks like an expression. */
export function literal(text: string): string {
  return text.includes('${') ? `\${ ${quoted(text)} }` : text
}

export function inExpression(expression: string): string {
  return `\${ ${expression} }`
}

const plainKey = /^[A-Za-z_][A-Za-z0-9_]*$/
const keywords = new Set(
  'and or not if then elif else end as def reduce foreach try catch label import include __loc__'.split(' '),
)

/** `.city`, `.["a b"]`, `.[$c1]`; a key is a jq text or a variable. */
export function member(key: string): string {
  const name = plainName(key)
  return name === undefined ? `.[${key}]` : `.${name}`
}

/** As the key of an object that is built. */
export function keyOf(key: string): string {
  return plainName(key) ?? `(${key})`
}

/** The name in a jq text that may stand without quotes. */
function plainName(key: string): string | undefined {
  if (!isFixed(key)) return undefined
  const name = String(JSON.parse(key))
  return plainKey.test(name) && !keywords.has(name) ? name : undefined
}

/** Whether a key is a text that says the same whatever the data is: no variable, and none within it. */
export function isFixed(key: string): boolean {
  return key.startsWith('"') && !key.includes('\\(')
}

/** The names with numbers behind those that stand there already. */
export function unique(names: readonly string[]): readonly string[] {
  return names.map((name, at) => {
    const before = names.slice(0, at).filter((one) => one === name).length
    return before === 0 ? name : `${name}_${before + 1}`
  })
}

export function given(value: Json): Value {
  return { type: typeOf(value), expression: JSON.stringify(value), names: [], isGiven: true }
}

function typeOf(value: Json): ValueType {
  if (Array.isArray(value)) return value.every((item) => isJsonObject(item)) ? 'rows' : 'list'
  if (isJsonObject(value)) return 'record'
  if (typeof value === 'number') return 'number'
  if (typeof value === 'boolean') return 'boolean'
  return typeof value === 'string' ? 'text' : 'any'
}

export function isReference(expression: string): boolean {
  return /^\$(?:context|input)\.\w+$|^\$[a-z]\w*$/.test(expression)
}
