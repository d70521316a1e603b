/** What makes one table of another: filters, orders, columns, joins, comparisons. */
import type { Column, Formula, Operand, Phrase } from '../../grammar/tree.ts'
import { isIn } from '../../grammar/vocabulary.ts'
import { Refusal, type Span } from '../../refusal.ts'
import {
  bareNoun,
  columnsIn,
  operandIn,
  operandsIn,
  refuseOtherNoun,
  textIn,
  valueIn,
  type Compiler,
  type Operation,
} from '../compiler.ts'
import { asItems, filtered, Table } from '../table.ts'
import { keyOf, quoted, type Value } from '../values.ts'
import { roundingOf, ungrouped } from './aggregates.ts'
import { inOrder, shaped } from './sources.ts'

const keep: Operation = (compiler, phrase) => {
  const { slots } = phrase
  const source = operandIn(slots, 'of')
  if (source) compiler.values.push(compiler.operand(source))
  return shaped(compiler, compiler.subject(phrase), slots)
}

/** `filter them by city = Berlin`, `filter sales.csv to rows where …`. */
const filter: Operation = (compiler, phrase) => {
  const { slots, span } = phrase
  const rest = operandIn(slots, 'rest')
  if (!rest && !slots['where'] && !hasCondition(operandIn(slots, 'what')))
    throw new Refusal('It is not said which rows are to stay.', [span], '“filter … where COLUMN is over 5”')
  const value = operandIn(slots, 'what') || !rest ? compiler.subject(phrase) : undefined
  if (!rest) return shaped(compiler, value ?? compiler.last(span), slots)
  if (value) compiler.values.push(value)
  return compiler.operand(rest)
}

function hasCondition(operand: Operand | undefined): boolean {
  if (operand?.kind !== 'phrase') return false
  const { slots } = operand.phrase
  return 'where' in slots || hasCondition(operandIn(slots, 'what') ?? operandIn(slots, 'source'))
}

/** `remove the rows where …`: the rest stays. */
const drop: Operation = (compiler, phrase) => {
  const operand = operandIn(phrase.slots, 'what')
  if (operand?.kind !== 'phrase' || operand.phrase.slots['where']?.type !== 'condition')
    throw new Refusal(
      'Only rows or lines that are said to be so and so can be removed; files are never deleted.',
      [phrase.span],
      '“remove the rows where COLUMN is over 5”',
    )
  const { where, ...rest } = operand.phrase.slots
  const value = compiler.operand({ ...operand, phrase: { ...operand.phrase, slots: rest } })
  return filtered(compiler, value, where.condition, false)
}

const unique: Operation = (compiler, phrase) => {
  const value = compiler.subject(phrase)
  refuseOtherNoun(compiler, phrase.slots, value)
  const table = new Table(compiler, value)
  const by = columnsIn(phrase.slots, 'by')
  const key = by.length === 0 ? '.' : `[${by.map((column) => table.member(column)).join(', ')}]`
  const keepFirst = `reduce .[] as $row ({seen: {}, rows: []}; ($row | ${key} | tojson) as $key | if .seen[$key] then . else .seen[$key] = true | .rows += [$row] end) | .rows`
  return { ...table.value, expression: table.through(keepFirst) }
}

const sort: Operation = (compiler, { slots, pattern, ...phrase }) => {
  const value = ungrouped(compiler.subject({ slots, pattern, ...phrase }))
  const isDescending = pattern.fixed['descending'] === true
  const order = slots['order']
  if (order?.type === 'order')
    return inOrder(
      compiler,
      value,
      isDescending ? order.order.map((key) => ({ ...key, isDescending })) : order.order,
    )
  const items = asItems(value)
  if (items.type === 'rows')
    throw new Refusal('It is not said by which column this is sorted.', [phrase.span], '“sort … by COLUMN”')
  const table = new Table(compiler, items)
  return { ...items, expression: table.through(isDescending ? 'sort | reverse' : 'sort') }
}

const select: Operation = (compiler, phrase) => {
  const value = shaped(
    compiler,
    compiler.subject(phrase),
    phrase.slots['where'] ? { where: phrase.slots['where'] } : {},
  )
  refuseOtherNoun(compiler, phrase.slots, value)
  const columns = columnsIn(phrase.slots, 'columns')
  const table = new Table(compiler, value)
  const members = columns.map((column) => `${keyOf(table.key(column))}: ${table.member(column)}`)
  return {
    ...value,
    type: 'rows',
    expression: table.through(`map({${members.join(', ')}})`),
    ...(value.columns && { columns: columns.map(({ name }) => name) }),
  }
}

const dropColumns: Operation = (compiler, phrase) => {
  const value = compiler.subject(phrase)
  const columns = columnsIn(phrase.slots, 'columns')
  const table = new Table(compiler, value)
  const gone = columns.map((column) => table.member(column))
  return {
    ...value,
    type: 'rows',
    expression: table.through(`map(del(${gone.join(', ')}))`),
    ...(value.columns && {
      columns: value.columns.filter((name) => !columns.some((column) => column.name === name)),
    }),
  }
}

/** `top 3 rows by amount`, `the row with the highest amount`. */
const top: Operation = (compiler, phrase) => {
  const { slots, pattern, span } = phrase
  const value = shaped(
    compiler,
    subjectOfNoun(compiler, phrase),
    slots['where'] ? { where: slots['where'] } : {},
  )
  const table = new Table(compiler, value)
  const n = Number(valueIn(slots, 'n') ?? 1)
  const { key, isItem } = rankOf(compiler, phrase, value, table)
  const isDescending = pattern.fixed['descending'] === true
  const sorted = isDescending ? `reverse | sort_by(${key}) | reverse` : `sort_by(${key})`
  if (!Number.isInteger(n) || n < 0) throw new Refusal('This must be a whole number.', [span])
  return {
    ...table.value,
    ...(isItem && { type: 'list' as const }),
    expression: table.through(
      ...(isItem ? [`map(${key}) | sort${isDescending ? ' | reverse' : ''}`] : [sorted]),
      `.[:${n}]`,
    ),
  }
}

/** `the 3 largest amounts` are values of a column; `the top 3 rows by amount` are rows. */
function rankOf(
  compiler: Compiler,
  phrase: Phrase,
  value: Value,
  table: Table,
): { key: string; isItem: boolean } {
  const { slots, span } = phrase
  const order = slots['order']
  const column = order?.type === 'order' ? order.order[0]?.column : columnsIn(slots, 'column')[0]
  if (column) return { key: table.member(column), isItem: false }
  if (table.value.type === 'list') return { key: '.', isItem: false }
  const noun = operandIn(slots, 'noun')
  const word = noun && bareNoun(noun)
  const isRow =
    word === undefined || isIn(compiler.vocabulary, 'row_noun', word) || value.names.includes(word)
  if (isRow)
    throw new Refusal('It is not said by which column they are ranked.', [span], '“the top 3 rows by COLUMN”')
  return { key: table.member({ name: word, span: noun?.span ?? span }), isItem: true }
}

function subjectOfNoun(compiler: Compiler, phrase: Phrase): Value {
  const { in: within, ...rest } = phrase.slots
  const noun = operandIn(phrase.slots, 'noun')
  if (within) {
    const value = compiler.subject({ ...phrase, slots: { in: within } })
    const word = noun && bareNoun(noun)
    return word !== undefined && isIn(compiler.vocabulary, 'row_noun', word)
      ? compiler.nounOf(word, value, noun?.span ?? phrase.span)
      : value
  }
  const word = noun && bareNoun(noun)
  if (
    noun &&
    word !== undefined &&
    (isIn(compiler.vocabulary, 'row_noun', word) || compiler.values.some(({ names }) => names.includes(word)))
  )
    return compiler.operand(noun)
  void rest
  return compiler.last(phrase.span)
}

const extreme: Operation = (compiler, phrase) => {
  const rows = top(compiler, {
    ...phrase,
    slots: { ...phrase.slots, n: { type: 'value', value: 1, span: phrase.span } },
  })
  if (!rows) return undefined
  return { ...rows, type: 'record', expression: `(${rows.expression} | .[0])` }
}

/** `the first 2 rows`, `the last line`. */
const first: Operation = (compiler, phrase) => {
  const { slots, pattern, span } = phrase
  const value = asItems(
    shaped(compiler, subjectOfNoun(compiler, phrase), slots['where'] ? { where: slots['where'] } : {}),
  )
  const n = valueIn(slots, 'n')
  const isEnd = pattern.fixed['from'] === 'end'
  if (n === undefined) {
    return {
      ...value,
      type: value.type === 'rows' ? 'record' : value.type === 'list' ? 'text' : 'any',
      expression: `(${value.expression} | ${isEnd ? 'last' : 'first'})`,
    }
  }
  if (typeof n !== 'number' || !Number.isInteger(n) || n < 0)
    throw new Refusal('This must be a whole number.', [span])
  const cut = isEnd ? `if length > ${n} then .[length - ${n}:] else . end` : `.[:${n}]`
  return { ...value, expression: new Table(compiler, value).through(cut) }
}

const rename: Operation = (compiler, phrase) => {
  const value = compiler.subject(phrase)
  const table = new Table(compiler, value)
  const from = columnsIn(phrase.slots, 'from')[0]
  const to = textIn(phrase.slots, 'to') ?? ''
  const key = from ? table.key(from) : quoted('')
  const columns = value.columns?.map((name) => (name === from?.name ? to : name))
  return {
    ...value,
    ...(columns && { columns }),
    type: 'rows',
    expression: table.through(`map(with_entries(if .key == ${key} then .key = ${quoted(to)} else . end))`),
  }
}

const addColumn: Operation = (compiler, phrase) => {
  const value = compiler.subject(phrase)
  const table = new Table(compiler, value)
  const name = textIn(phrase.slots, 'name') ?? ''
  const slot = phrase.slots['formula']
  const formula = slot?.type === 'formula' ? formulaExpression(table, slot.formula) : 'null'
  return {
    ...value,
    ...(value.columns && { columns: [...value.columns, name] }),
    type: 'rows',
    expression: table.through(`map(. + {${keyOf(quoted(name))}: (${formula})})`),
  }
}

function formulaExpression(table: Table, formula: Formula): string {
  if (formula.kind === 'number') return String(formula.value)
  if (formula.kind === 'column') return table.member(formula.column)
  return `(${formulaExpression(table, formula.left)} ${formula.sign} ${formulaExpression(table, formula.right)})`
}

const round: Operation = (compiler, phrase) => {
  const value = compiler.subject(phrase)
  return {
    ...value,
    expression: roundingOf(value.expression, Number(valueIn(phrase.slots, 'precision') ?? 0)),
  }
}

const reverse: Operation = (compiler, phrase) => {
  const value = asItems(compiler.subject(phrase))
  return { ...value, expression: new Table(compiler, value).through('reverse') }
}

/** The two that an action is about: named, or the last two results. */
function pair(compiler: Compiler, phrase: Phrase): readonly [Value, Value] {
  const { slots, span } = phrase
  const [left, right] = [operandIn(slots, 'left'), operandIn(slots, 'right')]
  if (left && right) return [compiler.operand(left), compiler.operand(right)]
  const what = operandIn(slots, 'what')
  const [first, second] = compiler.values.filter((value) => value.names[0] !== 'both').slice(-2)
  if (!first || !second)
    throw new Refusal('This needs two things, and there are not two before it.', [what?.span ?? span])
  return [compiler.use(first), compiler.use(second)]
}

function keysOf(
  compiler: Compiler,
  phrase: Phrase,
  left: Value,
  right: Value,
): { left: Column; right: Column } | undefined {
  const slot = phrase.slots['key']
  if (slot?.type === 'key') return { left: slot.left, right: slot.right }
  const shared = left.columns?.filter((name) => right.columns?.includes(name)) ?? []
  const [only] = shared
  if (shared.length !== 1 || only === undefined) return undefined
  compiler.plan.assume(`They are matched by the only column that both have: ${only}.`)
  const column = { name: only, span: phrase.span }
  return { left: column, right: column }
}

const join: Operation = (compiler, phrase) => {
  const [left, right] = pair(compiler, phrase)
  const keys = keysOf(compiler, phrase, left, right)
  if (!keys)
    throw new Refusal(
      'It is not said by which column they are joined.',
      [phrase.span],
      '“join A and B by COLUMN”',
    )
  const [leftTable, rightTable] = [new Table(compiler, left), new Table(compiler, right)]
  const [leftKey, rightKey] = [leftTable.member(keys.left), rightTable.member(keys.right)]
  const isLeft = phrase.pattern.fixed['left'] === true
  const same = leftKey === rightKey
  if (!isLeft) compiler.plan.assume('Rows that have no match in the other table are left out of the join.')
  const add = `with_entries(.key as $key | if ${same ? `$key == ${rightTable.key(keys.right)}` : 'false'} then empty elif ($row | has($key)) then .key = $key + "_2" else . end)`
  const found = `(($index[${leftKey} | tojson] // [])[] | $row + ${add === '' ? '.' : `(${add})`})`
  const merged = `map(. as $row | [${found}] | ${isLeft ? 'if length == 0 then [$row] else . end | .[]' : '.[]'})`
  const index = `(${rightTable.through(`group_by(${rightKey})`, `map({(.[0]${rightKey} | tojson): .})`, 'add // {}')}) as $index`
  return {
    type: 'rows',
    expression: `(${index} | ${leftTable.through(merged)})`,
    names: ['join', 'joined', ...left.names],
  }
}

const concatenate: Operation = (compiler, phrase) => {
  const operands = operandsIn(phrase.slots, 'what')
  const values =
    operands.length > 1 ? operands.map((operand) => compiler.operand(operand)) : pair(compiler, phrase)
  const tables = values.map((value) => new Table(compiler, value).through())
  return {
    type: values.every(({ type }) => type === 'text' || type === 'list') ? 'list' : 'rows',
    expression: `(${tables.join(' + ')})`,
    names: [],
  }
}

const compare: Operation = (compiler, phrase) => {
  const [left, right] = pair(compiler, phrase)
  const keys = keysOf(compiler, phrase, left, right)
  const [a, b] = [asItems(left), asItems(right)]
  const start = `${a.expression} as $first | ${b.expression} as $second`
  if (a.type === 'number' && b.type === 'number')
    return {
      type: 'record',
      names: ['comparison', 'difference'],
      expression: `(${start} | {same: ($first == $second), first: $first, second: $second, difference: ($second - $first)})`,
    }
  const slot = phrase.slots['key']
  if (!keys && slot === undefined) {
    const lists = `{same: ($first == $second), only_in_first: ($first - $second), only_in_second: ($second - $first)}`
    return {
      type: 'record',
      names: ['comparison', 'differences'],
      expression: `(${start} | if ($first | type) == "array" and ($second | type) == "array" then ${lists} else {same: ($first == $second)} end)`,
    }
  }
  return {
    type: 'record',
    names: ['comparison', 'differences'],
    expression: byKey(compiler, [left, right], keys ?? fail(phrase.span)),
  }
}

function fail(span: Span): never {
  throw new Refusal('It is not said by which column they are compared.', [span])
}

function byKey(
  compiler: Compiler,
  [left, right]: readonly [Value, Value],
  keys: { left: Column; right: Column },
): string {
  const [a, b] = [new Table(compiler, left), new Table(compiler, right)]
  const [leftKey, rightKey] = [a.member(keys.left), b.member(keys.right)]
  const index = (table: Table, key: string): string =>
    table.through(`map({(${key} | tojson): .})`, 'add // {}')
  return `(${a.through()} as $first | ${b.through()} as $second | ${index(a, leftKey)} as $left | ${index(b, rightKey)} as $right | {same: ($first == $second), only_in_first: ($first | map(select($right[${leftKey} | tojson] == null))), only_in_second: ($second | map(select($left[${rightKey} | tojson] == null))), different: ($first | map(. as $row | $right[${leftKey} | tojson] | select(. != null and . != $row) | {id: ($row | ${leftKey}), first: $row, second: .}))})`
}

export const tableOperations: Readonly<Record<string, Operation>> = {
  keep,
  filter,
  drop,
  unique,
  sort,
  select,
  drop_columns: dropColumns,
  top,
  extreme,
  first,
  rename,
  add_column: addColumn,
  round,
  reverse,
  join,
  concatenate,
  compare,
}
