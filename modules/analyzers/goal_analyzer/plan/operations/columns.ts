/** Which columns the rows have: chosen, left out, renamed, computed, rounded. */
import type { Column, Formula } from '../../grammar/tree.ts'
import type { Compiler, Operation } from '../compiler.ts'
import { refuseOtherNoun } from '../nouns.ts'
import { withColumns } from '../relations.ts'
import { columnsIn, textIn, valueIn } from '../slots.ts'
import { Table } from '../table.ts'
import { keyOf, quoted, type Value } from '../values.ts'
import { roundingOf } from './aggregates.ts'
import { shaped } from './shape.ts'

const select: Operation = (compiler, phrase) => {
  const value = shaped(
    compiler,
    compiler.subject(phrase),
    phrase.slots['where'] ? { where: phrase.slots['where'] } : {},
  )
  refuseOtherNoun(compiler, phrase.slots, value)
  const columns = columnsIn(phrase.slots, 'columns')
  const asked = withColumns(compiler, value, columns)
  if (asked) return asked
  if (value.type === 'any' && !value.columns) return selectedOf(compiler, value, columns)
  const table = new Table(compiler, value)
  const members = columns.map((column) => `${keyOf(table.key(column))}: ${table.member(column)}`)
  return {
    ...value,
    type: 'rows',
    expression: table.through(`map({${members.join(', ')}})`),
    ...(value.columns && { columns: columns.map(({ name }) => name) }),
  }
}

/** Of an answer that may be one record or many: the columns of each row, or the fields of the one. */
function selectedOf(compiler: Compiler, value: Value, columns: readonly Column[]): Value {
  const rows = new Table(compiler, { ...value, type: 'rows', expression: '.' })
  const members = columns.map((column) => `${keyOf(rows.key(column))}: ${rows.member(column)}`)
  const many = rows.through(`map({${members.join(', ')}})`)
  const [only, another] = columns
  const fields = columns.map(({ name }) => `${keyOf(quoted(name))}: pluck([${quoted(name)}])`)
  const one = only && !another ? `pluck([${quoted(only.name)}])` : `{${fields.join(', ')}}`
  return {
    type: 'any',
    names: columns.map(({ name }) => name),
    ...(only && !another && { isOneColumn: true }),
    expression: `(${value.expression} | if type == "object" then ${one} else ${many} end)`,
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
  const precision = valueIn(phrase.slots, 'precision')
  const rounded = typeof precision === 'number' ? roundingOf(`(${formula})`, precision) : `(${formula})`
  return {
    ...value,
    ...(value.columns && { columns: [...value.columns, name] }),
    type: 'rows',
    expression: table.through(`map(. + {${keyOf(quoted(name))}: ${rounded}})`),
  }
}

function formulaExpression(table: Table, formula: Formula): string {
  const of = (part: Formula): string => formulaExpression(table, part)
  switch (formula.kind) {
    case 'number':
      return String(formula.value)
    case 'text':
      return quoted(formula.text)
    case 'column':
      return table.member(formula.column)
    case 'choice':
      return `if ${table.condition(formula.condition)} then ${of(formula.then)} else ${of(formula.otherwise)} end`
    case 'operation':
      return `(${of(formula.left)} ${formula.sign} ${of(formula.right)})`
  }
}

const round: Operation = (compiler, phrase) => {
  const value = compiler.subject(phrase)
  return {
    ...value,
    expression: roundingOf(value.expression, Number(valueIn(phrase.slots, 'precision') ?? 0)),
  }
}

export const columnOperations: Readonly<Record<string, Operation>> = {
  select,
  drop_columns: dropColumns,
  rename,
  add_column: addColumn,
  round,
}
