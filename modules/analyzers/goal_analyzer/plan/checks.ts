/** What decides an `if`, as jq. What has to be worked out for it first becomes steps before it. */
import { Refusal } from '../refusal.ts'
import type { Check, ComparedValue, Comparison, Condition, Phrase, Slots } from '../grammar/tree.ts'
import { isReference } from './values.ts'
import { textIn } from './slots.ts'
import type { Compiler, Operation } from './compiler.ts'
import { asArgument } from './files.ts'
import { shaped } from './operations/shape.ts'
import { asItems, comparing, Table } from './table.ts'
import { literal, quoted, type Value } from './values.ts'

/** What patterns of checks may do. */
export const checkDoings: ReadonlySet<string> = new Set([
  'count_check',
  'empty_check',
  'file_check',
  'command_check',
  'truth_check',
  'row_check',
  'value_check',
])

/** An expression that is true or false. */
export function checkExpression(compiler: Compiler, check: Check): string {
  switch (check.kind) {
    case 'and':
    case 'or':
      return `(${check.parts.map((part) => checkExpression(compiler, part)).join(` ${check.kind} `)})`
    case 'not':
      return `(${checkExpression(compiler, check.part)} | not)`
    case 'phrase':
      return phraseExpression(compiler, check.phrase)
  }
}

function phraseExpression(compiler: Compiler, phrase: Phrase): string {
  const { slots, pattern, span } = phrase
  const isNegated = pattern.fixed['negated'] === true
  const not = (expression: string): string => (isNegated ? `(${expression} | not)` : expression)
  compiler.plan.span = span
  switch (pattern.does) {
    case 'count_check': {
      const items = counted(compiler, phrase)
      return compared(compiler, `(${items.expression} | length)`, comparisonIn(slots, 'amount', span))
    }
    case 'empty_check': {
      const value = asItems(subjectOf(compiler, phrase))
      return not(`(${value.expression} | . == null or length == 0)`)
    }
    case 'file_check':
      return not(fileExists(compiler, phrase))
    case 'command_check':
      return not(exitCode(compiler, textIn(slots, 'command') ?? '', [], 'command_succeeds'))
    case 'truth_check':
      return not(lastAnswer(compiler, span))
    case 'row_check':
      return rowExpression(compiler, phrase)
    case 'value_check':
      return valueExpression(compiler, phrase)
    default:
      throw new Error(`No check is called "${pattern.does}" (pattern "${pattern.id}").`)
  }
}

/** `if so`: what was asked last. */
function lastAnswer(compiler: Compiler, span: Phrase['span']): string {
  const answer = compiler.values.findLast(({ type }) => type === 'boolean')
  if (answer) return compiler.use(answer).expression
  throw new Refusal('Nothing was asked before this.', [span], '“if there are more than 10 rows”')
}

/** `is the total over 100?`: true or false. */
export const question: Operation = (compiler, { slots, span }) => {
  const { check } = slots
  if (check?.type !== 'check') throw new Refusal('It is not said what is asked.', [span])
  return { type: 'boolean', expression: checkExpression(compiler, check.check), names: ['answer'] }
}

/** What a condition is asked about is what `it` means behind it: `if sales.csv is empty, … else show it`. */
function subjectOf(compiler: Compiler, phrase: Phrase): Value {
  const value = compiler.subject(phrase)
  const isNew = !compiler.values.some(({ expression }) => expression === value.expression)
  if (isNew && isReference(value.expression)) {
    compiler.values.push(value)
    compiler.used.add(value)
  }
  return value
}

function counted(compiler: Compiler, phrase: Phrase): Value {
  const { noun, what, ...rest } = phrase.slots
  if (!what)
    return asItems(
      shaped(
        compiler,
        subjectOf(compiler, { ...phrase, slots: { ...rest, ...(noun && { what: noun }) } }),
        rest,
      ),
    )
  const word = noun?.type === 'operand' ? noun.operands[0] : undefined
  const value = subjectOf(compiler, { ...phrase, slots: { ...rest, what } })
  const named =
    word && (word.kind === 'noun' || word.kind === 'pronoun')
      ? compiler.nounOf(word.word, value, word.span)
      : value
  return asItems(shaped(compiler, named, rest))
}

function comparisonIn(slots: Slots, name: string, span: Phrase['span']): Comparison {
  const slot = slots[name]
  if (slot?.type === 'comparison') return slot.comparison
  throw new Refusal('It is not said what this is compared with.', [span])
}

function compared(compiler: Compiler, left: string, comparison: Comparison): string {
  return `(${comparing(left, comparison, (value) => constant(compiler, value))})`
}

function constant(compiler: Compiler, value: ComparedValue): string {
  if (value.kind === 'literal') return JSON.stringify(value.value)
  if (value.kind === 'word') return quoted(value.word)
  if (value.kind === 'operand') return compiler.operand(value.operand).expression
  if (value.kind === 'aggregate') throw new Refusal('It is not said of which rows.', [value.span])
  return compiler.noun(value.column.name, value.column.span).expression
}

/** `the total is over 100`, `it contains "x"`: a text that looks like a number is compared as one. */
function valueExpression(compiler: Compiler, phrase: Phrase): string {
  const value = subjectOf(compiler, phrase)
  const comparison = comparisonIn(phrase.slots, 'comparison', phrase.span)
  const isNumber = comparison.values.some((one) => one.kind === 'literal' && typeof one.value === 'number')
  const isList = (value.type === 'rows' || value.type === 'list') && isNumber
  if (isList)
    throw new Refusal(
      'This is not a number but many rows.',
      [phrase.span],
      '“if there are more than 10 rows”',
    )
  const isText = isNumber && value.type !== 'number'
  const left = isText
    ? `(${value.expression} | if type == "string" then (try tonumber catch .) else . end)`
    : value.expression
  const anywhere =
    comparison.operator === 'contains' && value.type !== 'text'
      ? `(${value.expression} | if type == "string" then . else tojson end)`
      : left
  return compared(compiler, anywhere, comparison)
}

function rowExpression(compiler: Compiler, phrase: Phrase): string {
  const { slots, pattern, span } = phrase
  const { noun, in: within } = slots
  const condition = rowCondition(phrase)
  if (!condition) throw new Refusal('It is not said what holds of the rows.', [span])
  const value = subjectOf(compiler, {
    ...phrase,
    slots: { ...(noun && { what: noun }), ...(within && { in: within }) },
  })
  const table = new Table(compiler, value)
  const holds = table.condition(condition)
  const of = pattern.fixed['of']
  const quantifier = of === 'all' ? `all(.[]; ${holds})` : `any(.[]; ${holds})`
  return table.through(of === 'none' ? `${quantifier} | not` : quantifier)
}

/** `any row has amount over 5`, `any amount in sales.csv is over 5`. */
function rowCondition({ slots, span }: Phrase): Condition | undefined {
  const { where, column, comparison } = slots
  if (where?.type === 'condition') return where.condition
  if (column?.type !== 'columns' || comparison?.type !== 'comparison') return undefined
  return { kind: 'compare', subject: column.columns[0], comparison: comparison.comparison, span }
}

function fileExists(compiler: Compiler, { slots, span }: Phrase): string {
  const path = textIn(slots, 'file') ?? ''
  const expression = exitCode(compiler, 'test -e "$1"', [path], 'file_exists')
  compiler.mentioned = { path, span, after: compiler.values.length }
  return expression
}

function exitCode(compiler: Compiler, command: string, given: readonly string[], name: string): string {
  const expression = compiler.plan.add({
    name,
    capability: 'run.shell',
    definition: {
      run: {
        shell: {
          command: literal(command),
          ...(given.length > 0 && { arguments: given.map((path) => literal(asArgument(path))) }),
        },
        return: 'code',
      },
    },
    isOpen: given.length === 0,
    needs: [{ run: command.trim().split(/\s+/)[0] ?? 'sh' }, ...given.map((path) => ({ read: path }))],
  })
  return `(${expression} == 0)`
}
