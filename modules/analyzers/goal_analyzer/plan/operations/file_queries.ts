/**
 * Counts and aggregates straight over a CSV or TSV file, by `query.sql`: the file's rows never become a value of the
 * run. Whatever does not fit (another source, a column that only the data can tell) is undefined, and done in jq.
 */
import type { Aggregate, Column, Condition, Operand, Phrase } from '../../grammar/tree.ts'
import { isIn } from '../../grammar/vocabulary.ts'
import { isSameNoun } from '../../grammar/plurals.ts'
import { bareNoun } from '../nouns.ts'
import { operandIn } from '../slots.ts'
import { type Compiler } from '../compiler.ts'
import { formatOf, isFileName, stemOf } from '../files.ts'
import { literal, type Value } from '../values.ts'
import { Query } from './query_parts.ts'

export interface FileQuestion {
  readonly by: readonly Column[]
  readonly aggregates: readonly Aggregate[]
  /** By which nouns the result can be meant. */
  readonly names: readonly string[]
}

/** The answer of a question over the file that a phrase is about. */
export function askedOfFile(compiler: Compiler, phrase: Phrase, question: FileQuestion): Value | undefined {
  const source = sourceOf(compiler, phrase)
  if (!source || !compiler.plan.catalogue.has('query.sql') || compiler.files.has(source.path))
    return undefined
  const query = new Query(compiler, compiler.schemas.columnsOf(source.path))
  const by = question.by.map((column) => query.column(column))
  const selected = question.aggregates.map((one) => query.aggregate(one))
  const where = source.conditions.map((condition) => query.condition(condition))
  const parts = [...by, ...selected, ...where]
  if (parts.some((part) => part === undefined)) return undefined
  return answered(compiler, { source, question, query, by, selected, where })
}

interface Asked {
  readonly source: Source
  readonly question: FileQuestion
  readonly query: Query
  readonly by: readonly (string | undefined)[]
  readonly selected: readonly (string | undefined)[]
  readonly where: readonly (string | undefined)[]
}

function answered(compiler: Compiler, { source, question, query, by, selected, where }: Asked): Value {
  const { path } = source
  const isOne = by.length === 0 && selected.length === 1
  const filter = where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`
  const keys = by.map((_key, at) => at + 1).join(', ')
  const groups =
    by.length === 0
      ? ''
      : ` GROUP BY ${keys} ORDER BY ${by.map((_key, at) => `${at + 1} NULLS FIRST`).join(', ')}`
  const sql = `SELECT ${[...by, ...selected].join(', ')} FROM data${filter}${groups}`
  const expression = compiler.plan.add({
    name: `query_${stemOf(path)}`,
    capability: 'query.sql',
    definition: {
      call: 'query.sql',
      with: {
        files: { data: literal(path) },
        query: literal(sql),
        ...(query.hasParameters && { parameters: query.parameters }),
      },
    },
    ...(by.length === 0 && { as: isOne ? '.[0] | to_entries[0].value' : '.[0]' }),
    needs: [{ read: path }],
  })
  const names = [...question.names, stemOf(path), path]
  const type = by.length > 0 ? 'rows' : isOne ? 'number' : 'record'
  return { type, expression, names, ...(by.length > 0 && query.told(question)) }
}

interface Source {
  readonly path: string
  readonly conditions: readonly Condition[]
}

/** The one file that a phrase is about, and what has to hold of its rows. */
function sourceOf(compiler: Compiler, { slots }: Phrase): Source | undefined {
  const [what, within, where] = [operandIn(slots, 'what'), operandIn(slots, 'in'), slots['where']]
  const known = new Set(['what', 'in', 'where', 'by', 'aggregates'])
  if (Object.keys(slots).some((name) => !known.has(name))) return undefined
  const source = within ? fileIn(compiler, within) : what && fileIn(compiler, what)
  if (!source || (within && what && !isRows(compiler, what, source.path))) return undefined
  return where?.type === 'condition'
    ? { ...source, conditions: [...source.conditions, where.condition] }
    : source
}

function fileIn(compiler: Compiler, operand: Operand): Source | undefined {
  if (operand.kind === 'file')
    return isTable(operand.path) ? { path: operand.path, conditions: [] } : undefined
  if (operand.kind !== 'phrase') return undefined
  const { pattern, slots } = operand.phrase
  const [place, noun, within] = [operandIn(slots, 'source'), operandIn(slots, 'noun'), operandIn(slots, 'in')]
  const known = new Set(['source', 'noun', 'in', 'where'])
  if (Object.keys(slots).some((name) => !known.has(name))) return undefined
  const inner = pattern.does === 'give' ? place : pattern.does === 'rows' ? within : undefined
  const source = inner && fileIn(compiler, inner)
  if (!source || (noun && !isRows(compiler, noun, source.path))) return undefined
  const { where } = slots
  return where?.type === 'condition'
    ? { ...source, conditions: [...source.conditions, where.condition] }
    : source
}

/** Below the working folder, where queries may read. */
export function isTable(path: string): boolean {
  return (
    isFileName(path) &&
    ['csv', 'tsv', 'parquet'].includes(formatOf(path)) &&
    !/^[/~]|(?:^|\/)\.\.(?:\/|$)/.test(path)
  )
}

function isRows(compiler: Compiler, operand: Operand, path: string): boolean {
  const noun = bareNoun(operand)
  if (noun === undefined || /^(?:words?|characters?|letters?|lines?)$/.test(noun)) return false
  return isIn(compiler.vocabulary, 'row_noun', noun) || isSameNoun(noun, stemOf(path))
}
