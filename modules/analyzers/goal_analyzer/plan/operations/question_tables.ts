/**
 * Which table a question is about: a file, a table of a database, the last result; and how two belong together where it
 * is about two. What is taken for granted there is told with the plan.
 */
import { isSameNoun } from '../../grammar/plurals.ts'
import { isArrangement } from '../../grammar/question.ts'
import type { AskedSource, Column, Condition, Question } from '../../grammar/tree.ts'
import { Refusal, type Span } from '../../refusal.ts'
import type { Compiler, Operation } from '../compiler.ts'
import { isDatabase } from '../files.ts'
import { filtered, Table } from '../table.ts'
import type { Value } from '../values.ts'
import { ungrouped } from './aggregates.ts'
import { joined } from './pairs.ts'

/** An order of its own, behind what was written already, would come too late. */
function lastOf(compiler: Compiler, asked: Question, span: Span): Value {
  const last = compiler.last(span)
  if (last.expression === compiler.items.at(-1)?.value.expression)
    throw new Refusal('It is not known what stands in each of them.', [span])
  const isWritten = [...compiler.written.values()].some(({ expression }) => expression === last.expression)
  if (isWritten && isArrangement(asked))
    throw new Refusal('This was written already. Say its order before.', [span])
  return ungrouped(last)
}

/** The table; two of them joined, also where a column that is asked for stands in another one. */
export function tableOf(compiler: Compiler, asked: Question, span: Span): Value {
  const [first, second] = asked.sources
  if (!first) return lastOf(compiler, asked, span)
  if (!second) return withColumnsOfOthers(compiler, sourceValue(compiler, first), asked, span)
  const both = [sourceValue(compiler, first), sourceValue(compiler, second)] as const
  return joined(compiler, both, keyOfTwo(compiler, both, asked.key, span), false)
}

function sourceValue(compiler: Compiler, { path, table, span }: AskedSource): Value {
  if (!isDatabase(path)) return compiler.file(path, span)
  if (table === undefined) throw new Refusal(`It is not said which table of ${path} is meant.`, [span])
  return compiler.table(path, table, span)
}

/** Joined with the one other known table that has the columns which this one lacks. */
function withColumnsOfOthers(compiler: Compiler, value: Value, asked: Question, span: Span): Value {
  const missing = mentionedIn(asked).filter((name) => value.columns?.includes(name) === false)
  if (missing.length === 0) return value
  const [only, another] = compiler.schemas.tables.filter(({ columns }) =>
    missing.every((name) => columns.some((column) => column.name === name)),
  )
  if (!only || another) return value
  const other = sourceValue(compiler, { path: only.path, table: only.table, span })
  return joined(compiler, [value, other], keyOfTwo(compiler, [value, other], asked.key, span), false)
}

function mentionedIn({ conditions, columns, by, order, aggregates }: Question): readonly string[] {
  const subjects = (condition: Condition): readonly Column[] => {
    if (condition.kind === 'not') return subjects(condition.part)
    if (condition.kind === 'compare') return condition.subject ? [condition.subject] : []
    return condition.parts.flatMap(subjects)
  }
  const all = [
    ...columns,
    ...by,
    ...conditions.flatMap(subjects),
    ...[...order, ...aggregates].flatMap(({ column }) => column ?? []),
  ]
  return [...new Set(all.map(({ name }) => name))]
}

/** Rows for which the other table has none. */
export function withoutLacking(compiler: Compiler, value: Value, asked: Question): Value {
  const { lacking } = asked
  if (!lacking) return value
  const other = lacking.conditions.reduce(
    (rows, condition) => filtered(compiler, rows, condition),
    sourceValue(compiler, lacking.source),
  )
  const key = keyOfTwo(compiler, [value, other], asked.key, lacking.source.span)
  const [left, right] = [new Table(compiler, value), new Table(compiler, other)]
  const [mine, theirs] = [left.member(key.left), right.member(key.right)]
  const known = `(${right.through(`map({(${theirs} | tojson): true})`, 'add // {}')}) as $known`
  return {
    ...left.value,
    expression: `(${known} | ${left.through(`map(select($known[${mine} | tojson] | not))`)})`,
  }
}

/** By which columns two tables belong together: as it is said, `customer_id` and `id`, or the only one that both have. */
function keyOfTwo(
  compiler: Compiler,
  [left, right]: readonly [Value, Value],
  said: Question['key'],
  span: Span,
): { readonly left: Column; readonly right: Column } {
  const has = (value: Value, { name }: Column): boolean => value.columns?.includes(name) === true
  const keep = (key: Key): Key => {
    compiler.matched = { left: key.left.name, right: key.right.name }
    return key
  }
  if (said && has(left, said.left) && has(right, said.right)) return keep(said)
  if (said && has(left, said.right) && has(right, said.left))
    return keep({ left: said.right, right: said.left })
  const found = said ? undefined : (foreignKey(left, right, span) ?? sharedKey(left, right, span))
  if (!found)
    throw new Refusal(
      'It is not said by which column the two belong together.',
      [span],
      '“matched by COLUMN”',
    )
  const names = [...new Set([found.left.name, found.right.name])]
  compiler.plan.assume(`They are matched by ${names.join(' and ')}.`)
  return keep(found)
}

interface Key {
  readonly left: Column
  readonly right: Column
}

/** `match on id`, said behind: it is what was taken for granted, or it would come too late. */
export const confirmKey: Operation = (compiler, { slots, span }) => {
  const slot = slots['key']
  const { left, right } = compiler.matched ?? {}
  const isSaid =
    slot?.type === 'key' &&
    new Set([left, right]).symmetricDifference(new Set([slot.left.name, slot.right.name])).size === 0
  if (!isSaid) throw new Refusal('It is to be said before by what they are matched.', [span])
  return undefined
}

function foreignKey(left: Value, right: Value, span: Span) {
  const pointing = ({ columns = [] }: Value, { names }: Value): string | undefined =>
    columns.find((name) => /_id$/i.test(name) && names.some((noun) => isSameNoun(noun, name.slice(0, -3))))
  const hasId = ({ columns = [] }: Value): boolean => columns.includes('id')
  const [there, back] = [pointing(left, right), pointing(right, left)]
  if (there !== undefined && hasId(right)) return { left: { name: there, span }, right: { name: 'id', span } }
  if (back !== undefined && hasId(left)) return { left: { name: 'id', span }, right: { name: back, span } }
  return undefined
}

function sharedKey(left: Value, right: Value, span: Span) {
  const shared = (left.columns ?? []).filter((name) => right.columns?.includes(name))
  const [only, another] = shared.includes('id') ? ['id'] : shared
  return only === undefined || another !== undefined
    ? undefined
    : { left: { name: only, span }, right: { name: only, span } }
}
