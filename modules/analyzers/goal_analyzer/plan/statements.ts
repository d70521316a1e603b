/**
 * Statements as tasks: one after the other, `fork` for what is parallel, tasks with an `if` or a `switch` for
 * conditions, `for` and `nexus.map` for loops, `try` with a retry policy.
 */
import type { JsonObject } from '@nexus/sdk'
import type { Operand, Phrase, Slot, Slots, Statement } from '../grammar/tree.ts'
import { isIn } from '../grammar/vocabulary.ts'
import { jsonText } from '../json_text.ts'
import { Refusal } from '../refusal.ts'
import { checkExpression } from './checks.ts'
import type { Compiler, Operation } from './compiler.ts'
import { defined } from './definitions.ts'
import { raise } from './operations/control.ts'
import type { TaskList } from './plan.ts'
import { formatOf, stemOf } from './files.ts'
import { bareNoun } from './nouns.ts'
import { isSameNoun } from '../grammar/plurals.ts'
import { operandIn, operandsIn } from './slots.ts'
import { asItems, Table } from './table.ts'
import { inExpression, keyOf, quoted, unique, type Value } from './values.ts'

export function block(compiler: Compiler, statements: readonly Statement[]): Value | undefined {
  let last: Value | undefined
  for (const statement of statements) last = one(compiler, statement) ?? last
  return last
}

function one(compiler: Compiler, statement: Statement): Value | undefined {
  compiler.plan.span = statement.span
  switch (statement.kind) {
    case 'action':
      return compiler.action(statement.phrase)
    case 'if':
      return conditional(compiler, statement)
    case 'each':
      return loop(compiler, statement)
    case 'parallel':
      return parallel(compiler, statement)
    case 'retry':
      return retry(compiler, statement)
    case 'repeat':
      return repeat(compiler, statement)
    case 'rescue':
      return rescue(compiler, statement)
    case 'time_limit':
      return timeLimit(compiler, statement)
    case 'constrained':
      return block(compiler, statement.body)
  }
}

type Of<Kind extends Statement['kind']> = Extract<Statement, { kind: Kind }>

/** What a block works out, with the results that it leaves behind. What it reads is not there for others. */
function within(
  compiler: Compiler,
  kind: 'same' | 'own',
  work: () => Value | undefined,
): { tasks: TaskList; value: Value | undefined; made: readonly Value[] } {
  const before = compiler.values.length
  const files = new Map(compiler.files)
  const { tasks, result } = compiler.plan.inside(kind, () => {
    const value = work()
    if (kind === 'own') compiler.plan.giveBack(value)
    return value
  })
  const made = compiler.values.slice(before)
  compiler.values = compiler.values.slice(0, before)
  compiler.files.clear()
  for (const [path, value] of files) compiler.files.set(path, value)
  return { tasks, value: result, made }
}

function result(compiler: Compiler, value: Value): Value {
  compiler.values.push(value)
  return value
}

function conditional(compiler: Compiler, { check, then, otherwise, span }: Of<'if'>): Value | undefined {
  const before = compiler.values.at(-1)
  const condition = inExpression(defined(checkExpression(compiler, check)))
  compiler.plan.span = span
  const last = compiler.values.at(-1)
  const yes = within(compiler, 'same', () => block(compiler, then))
  const no = otherwise && within(compiler, 'same', () => block(compiler, otherwise))
  compiler.plan.span = span
  compiler.plan.require('do')
  if (no) choose(compiler, condition, yes.tasks, no.tasks)
  else compiler.plan.tasks.push({ [compiler.plan.nameFor('when')]: { if: condition, do: yes.tasks } })
  return merged(compiler, yes.value, no ? no.value : (last ?? before))
}

/** Either of two lists, by a `switch`. */
function choose(compiler: Compiler, condition: string, yes: TaskList, no: TaskList): void {
  const { plan } = compiler
  plan.require('switch')
  const [name, yesName, noName] = [plan.nameFor('choose'), plan.nameFor('then'), plan.nameFor('otherwise')]
  plan.tasks.push({
    [plan.nameFor('either')]: {
      do: [
        { [name]: { switch: [{ holds: { when: condition, then: yesName } }, { else: { then: noName } }] } },
        { [yesName]: { do: yes, then: 'exit' } },
        { [noName]: { do: no } },
      ],
    },
  })
}

/** What `it` means behind an `if`: what came out of the branch that was taken. */
function merged(compiler: Compiler, yes: Value | undefined, no: Value | undefined): Value | undefined {
  if (!yes) return no
  if (no?.expression === yes.expression) return yes
  if (no) compiler.use(no)
  const [holder, name] = splitReference(yes.expression)
  if (name === undefined) return yes
  const expression = `(if ${holder} | has(${quoted(name)}) then ${yes.expression} else ${no?.expression ?? 'null'} end)`
  return result(compiler, { ...yes, type: no?.type === yes.type ? yes.type : 'any', expression })
}

function splitReference(expression: string): [string, string | undefined] {
  const found = /^(\$(?:context|input))\.(\w+)$/.exec(expression)
  return [found?.[1] ?? '$context', found?.[2]]
}

function parallel(compiler: Compiler, { branches, span }: Of<'parallel'>): Value {
  const { plan } = compiler
  plan.require('fork')
  const values: Value[] = []
  const forked = branches.map((branch, at) => {
    const { tasks, value } = within(compiler, 'own', () => one(compiler, branch))
    values.push(value ?? { type: 'any', expression: 'null', names: [] })
    return { [plan.nameFor(`branch_${at + 1}`)]: { do: tasks } }
  })
  plan.span = span
  const names = unique(values.map((value, at) => distinctName(value, values.toSpliced(at, 1))))
  const fork = { ...plan.freshInput, fork: { branches: forked } }
  return sideBySide(compiler, fork, values, names)
}

/** A name that none of the others has too. */
function distinctName({ names }: Value, others: readonly Value[]): string {
  const own = names.find((name) => !others.some((other) => other.names.includes(name))) ?? names[0]
  return own === undefined ? 'part' : stemOf(own)
}

/** The values of the branches under their names, each a result of its own. */
function sideBySide(
  compiler: Compiler,
  fork: JsonObject,
  values: readonly Value[],
  names: readonly string[],
): Value {
  const { plan } = compiler
  const list = plan.add({ name: 'in_parallel', capability: 'fork', definition: fork })
  const parts = values.map((value, at) => ({ ...value, isByTheWay: false, expression: `${list}[${at}]` }))
  const kept = parts.map((part, at) => ({
    ...part,
    expression: plan.add({
      name: names[at] ?? 'part',
      capability: 'set',
      definition: { set: inExpression(part.expression) },
    }),
  }))
  compiler.values.push(...kept)
  for (const value of kept)
    for (const path of value.names) if (path.includes('.')) compiler.files.set(path, value)
  const members = kept.map((value, at) => `${keyOf(quoted(names[at] ?? 'part'))}: ${value.expression}`)
  const together: Value = {
    type: 'record',
    expression: `{${members.join(', ')}}`,
    names: ['both'],
    parts: kept,
  }
  return compiler.together(together)
}

function loop(compiler: Compiler, statement: Of<'each'>): Value | undefined {
  const { plan } = compiler
  const groups = groupedLoop(compiler, statement)
  if (groups) return block(compiler, groups)
  const items = itemsOf(compiler, statement)
  plan.span = statement.span
  const variable = plan.nameFor(/^[a-z]\w*$/.test(statement.noun) ? statement.noun : 'item')
  const item: Value = { type: 'any', expression: `$${variable}`, names: [statement.noun] }
  compiler.items.push({ noun: statement.noun, value: item, before: compiler.values.length })
  const { tasks, value } = within(compiler, 'own', () => block(compiler, givenTheItem(compiler, statement)))
  compiler.items.pop()
  refuseForeign(statement, variable, tasks)
  plan.span = statement.span
  if (!value) return sideEffects(compiler, { variable, items, tasks })
  const definition = {
    ...plan.freshInput,
    call: 'nexus.map',
    with: {
      in: inExpression(defined(items.expression)),
      each: variable,
      concurrency: statement.concurrency ?? 1,
      do: tasks,
    },
  }
  const expression = plan.add({ name: `each_${variable}`, capability: 'nexus.map', definition })
  return result(compiler, { type: 'list', expression, names: ['results', ...value.names] })
}

/** A question that does not speak of what it is asked for each of would give the same each time. */
function refuseForeign({ body, noun, span }: Of<'each'>, variable: string, tasks: TaskList): void {
  const isAsked = body.some((one) => one.kind === 'action' && asksTable(one.phrase))
  if (isAsked && !JSON.stringify(tasks).includes(`$${variable}`))
    throw new Refusal(`It is not known what this has to do with each ${noun}.`, [span])
}

function asksTable({ slots, pattern }: Phrase): boolean {
  const inner = Object.values(slots).flatMap((slot) => (slot.type === 'operand' ? slot.operands : []))
  return pattern.does === 'ask' || inner.some((one) => one.kind === 'phrase' && asksTable(one.phrase))
}

/** `run double.py for each of 3, 5 and 8`: a script that is run for each of some values is given the value. */
function givenTheItem({ plan }: Compiler, { body, noun, span }: Of<'each'>): readonly Statement[] {
  const [only, another] = body
  const isScript = only?.kind === 'action' && only.phrase.pattern.does === 'run_script' && !another
  if (!isScript || 'argument' in only.phrase.slots || 'input' in only.phrase.slots) return body
  plan.assume('The script is given each of them as its argument.')
  const operand: Operand = { kind: 'noun', word: noun, span }
  const argument: Slot = { type: 'operand', operands: [operand], span }
  return [{ ...only, phrase: { ...only.phrase, slots: { ...only.phrase.slots, argument } } }]
}

/** `for each city in sales.csv, count the rows`: what is counted are the rows of each city, so that it is no loop. */
function groupedLoop(compiler: Compiler, statement: Of<'each'>): readonly Statement[] | undefined {
  const { source, noun, body } = statement
  const [first, ...rest] = body
  const path = pathOf(source)
  if (first?.kind !== 'action' || path === undefined) return undefined
  const isTable = ['csv', 'tsv'].includes(formatOf(path)) || compiler.schemas.columnsOf(path)?.includes(noun)
  if (!isTable) return undefined
  if (isIn(compiler.vocabulary, 'row_noun', noun) || isSameNoun(noun, stemOf(path))) return undefined
  const by: Slot = { type: 'columns', columns: [{ name: noun, span: source.span }], span: source.span }
  const of: Slot = { type: 'operand', operands: [source], span: source.span }
  const phrase = groupedPhrase(first.phrase, { by, in: of })
  return phrase && [{ ...first, phrase }, ...rest]
}

function pathOf(operand: Operand): string | undefined {
  const inner = operand.kind === 'phrase' ? operandIn(operand.phrase.slots, 'source') : operand
  return inner?.kind === 'file' ? inner.path : undefined
}

/** The phrase, or the one that it shows, as one by groups; undefined where it does not aggregate, or says of what. */
function groupedQuestion(phrase: Phrase, { by, in: within }: Slots): Phrase | undefined {
  const { question } = phrase.slots
  const [operand] = within?.type === 'operand' ? within.operands : []
  const path = operand && pathOf(operand)
  if (question?.type !== 'question' || by?.type !== 'columns' || path === undefined) return undefined
  const { sources, aggregates } = question.question
  if (sources.length > 0 || aggregates.length === 0) return undefined
  const asked = {
    ...question.question,
    by: [...by.columns, ...question.question.by],
    isPer: true,
    sources: [{ path, table: undefined, span: by.span }],
  }
  return { ...phrase, slots: { ...phrase.slots, question: { ...question, question: asked } } }
}

function groupedPhrase(phrase: Phrase, more: Slots): Phrase | undefined {
  const { slots, pattern } = phrase
  const asked = groupedQuestion(phrase, more)
  if (asked || pattern.does === 'ask') return asked
  const [what, another] = operandsIn(slots, 'what')
  if (['aggregate', 'count'].includes(pattern.does))
    return 'in' in slots || 'by' in slots || (what && bareNoun(what) === undefined)
      ? undefined
      : { ...phrase, slots: { ...slots, ...more } }
  const shown = slots['what']
  if (pattern.does !== 'give' || another || what?.kind !== 'phrase' || shown?.type !== 'operand')
    return undefined
  const inner = groupedPhrase(what.phrase, more)
  return (
    inner && { ...phrase, slots: { ...slots, what: { ...shown, operands: [{ ...what, phrase: inner }] } } }
  )
}

/** A loop that only does things, one after the other. */
function sideEffects(
  compiler: Compiler,
  { variable, items, tasks }: { variable: string; items: Value; tasks: TaskList },
): undefined {
  const { plan } = compiler
  const definition = {
    ...plan.freshInput,
    for: { each: variable, in: inExpression(defined(items.expression)) },
    do: tasks,
  }
  plan.addPlain({ name: `each_${variable}`, capability: 'for', definition })
  return undefined
}

/** The rows or lines; or, where the noun is a column of a table, its different values. */
function itemsOf(compiler: Compiler, { source, noun }: Of<'each'>): Value {
  const value = asItems(compiler.operand(source))
  const isRow = compiler.vocabulary.classes.get('row_noun')?.some(([word]) => word === noun) === true
  if (value.type !== 'rows' || isRow || value.names.some((name) => name === noun || name === `${noun}s`))
    return value
  const table = new Table(compiler, value)
  const column = { name: noun, span: source.span }
  return {
    type: 'list',
    expression: table.through(`map(${table.member(column)})`, 'known', 'unique'),
    names: [noun],
  }
}

function retry(compiler: Compiler, { attempts, delayMs, body, span }: Of<'retry'>): Value | undefined {
  const { plan } = compiler
  plan.require('try')
  const before = compiler.values.length
  const { tasks, value, made } = within(compiler, 'same', () => block(compiler, body))
  plan.span = span
  const policy = { delay: { milliseconds: delayMs }, limit: { attempt: { count: attempts } } }
  plan.tasks.push({ [plan.nameFor('retry')]: { try: tasks, catch: { retry: policy } } })
  plan.steps.push({ task: 'retry', words: plan.goal.slice(span.start, span.end), capability: 'try' })
  compiler.values.splice(before, 0, ...made)
  return value
}

/** What a failing body leaves behind is not there for what comes after it, but for its last value. */
function rescue(compiler: Compiler, { body, handler, span }: Of<'rescue'>): Value | undefined {
  const { plan } = compiler
  plan.require('try')
  const tried = within(compiler, 'same', () => block(compiler, body))
  const instead = within(compiler, 'same', () => block(compiler, handler))
  plan.span = span
  plan.addPlain({
    name: 'attempt',
    capability: 'try',
    definition: { try: tried.tasks, catch: { do: instead.tasks } },
  })
  return merged(compiler, tried.value, instead.value)
}

function timeLimit(compiler: Compiler, { milliseconds, body, span }: Of<'time_limit'>): Value | undefined {
  const { plan } = compiler
  plan.require('do')
  const before = compiler.values.length
  const { tasks, value, made } = within(compiler, 'same', () => block(compiler, body))
  plan.span = span
  plan.tasks.push({ [plan.nameFor('in_time')]: { do: tasks, timeout: { after: { milliseconds } } } })
  plan.assume(`The time limit is for this alone: ${plan.goal.slice(span.start, span.end)}`)
  compiler.values.splice(before, 0, ...made)
  return value
}

function repeat(compiler: Compiler, { times, body, span }: Of<'repeat'>): Value | undefined {
  const source = { kind: 'literal', value: Array.from({ length: times }, (_, at) => at + 1), span } as const
  return loop(compiler, { kind: 'each', noun: 'round', source, body, concurrency: undefined, span })
}

/** `make sure there are at least 5 rows`: else the run fails. */
export const ensure: Operation = (compiler, { slots, span }) => {
  const { check, message } = slots
  if (check?.type !== 'check') throw new Refusal('It is not said what has to hold.', [span])
  const condition = checkExpression(compiler, check.check)
  const text =
    message?.type === 'value'
      ? jsonText(message.value)
      : `This does not hold: ${compiler.plan.goal.slice(check.span.start, check.span.end)}`
  const { tasks } = compiler.plan.inside('same', () => raise(compiler, text))
  compiler.plan.tasks.push({
    [compiler.plan.nameFor('make_sure')]: { if: inExpression(defined(`(${condition}) | not`)), do: tasks },
  })
  return undefined
}
