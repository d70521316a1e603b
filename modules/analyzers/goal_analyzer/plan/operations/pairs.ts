/** What is made of two tables: joins, one behind the other, comparisons. */
import type { Column, Phrase } from '../../grammar/tree.ts'
import { Refusal, type Span } from '../../refusal.ts'
import type { Compiler, Operation } from '../compiler.ts'
import { joinedOn } from '../relations.ts'
import { operandIn, operandsIn } from '../slots.ts'
import { asItems, Table } from '../table.ts'
import type { Value } from '../values.ts'

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
  return joined(compiler, [left, right], keys, phrase.pattern.fixed['left'] === true)
}

export function joined(
  compiler: Compiler,
  [left, right]: readonly [Value, Value],
  keys: { readonly left: Column; readonly right: Column },
  isLeft: boolean,
): Value {
  const asked = joinedOn(compiler, [left, right], keys, isLeft)
  if (asked) return asked
  const [leftTable, rightTable] = [new Table(compiler, left), new Table(compiler, right)]
  const [leftKey, rightKey] = [leftTable.member(keys.left), rightTable.member(keys.right)]
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
    ...joinedColumns(compiler, [left, right], keys),
  }
}

/** Those of the left, and those of the right without the key; with a number where both have one. */
function joinedColumns(
  compiler: Compiler,
  [left, right]: readonly [Value, Value],
  keys: { readonly left: Column; readonly right: Column },
): Pick<Value, 'columns'> {
  if (!left.columns || !right.columns) return {}
  const known = new Set(left.columns)
  const key = compiler.columnName(right, keys.right)
  const isSame = compiler.columnName(left, keys.left) === key
  const more = right.columns.filter((name) => !isSame || name !== key)
  return { columns: [...left.columns, ...more.map((name) => (known.has(name) ? `${name}_2` : name))] }
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

/** `what changed`: of what was compared, else of the last two results. */
const differences: Operation = (compiler, phrase) => {
  const known = compiler.values.findLast(({ names }) => names.includes('differences'))
  return known ? compiler.use(known) : compare(compiler, phrase)
}

export const pairOperations: Readonly<Record<string, Operation>> = { join, concatenate, compare, differences }
