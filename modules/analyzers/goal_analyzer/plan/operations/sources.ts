/** Where values come from: files, addresses, tables of databases, texts in the goal itself. */
import { isIn } from '../../grammar/vocabulary.ts'
import type { Column, Operand, Phrase, Slots } from '../../grammar/tree.ts'
import { Refusal } from '../../refusal.ts'
import { fileRelation, isAsked } from '../relations.ts'
import { operandIn, operandsIn, textIn, valueIn } from '../slots.ts'
import type { Compiler, Operation } from '../compiler.ts'
import { asArgument, formatOf, isBinary, isDatabase, reading, stemOf } from '../files.ts'
import { isSameNoun, singulars } from '../../grammar/plurals.ts'
import { Table } from '../table.ts'
import { given, inExpression, keyOf, literal, quoted, unique, type Value } from '../values.ts'
import { inCase, inFormat, shaped } from './shape.ts'
import { isJsonObject } from '@nexus/sdk'

/** Shows, reads, fetches: the value of what is named, whatever that takes. */
const give: Operation = (compiler, { slots, span, pattern }) => {
  const operands = [...operandsIn(slots, 'what'), ...operandsIn(slots, 'source')]
  const [operand] = operands
  if (pattern.id === 'read' && operands.some(({ kind }) => kind === 'literal'))
    throw new Refusal('This is no name of a file.', [operand?.span ?? span], '“read NAME.csv”')
  if (operands.length > 1) return giveAll(compiler, slots)
  const value = operand ? compiler.operand(operand) : compiler.last(span)
  const shape = shaped(compiler, value, slots)
  const letters = textIn(slots, 'case')
  const format = textIn(slots, 'format')
  const cased = letters === undefined ? shape : inCase(shape, letters)
  return format === undefined ? cased : inFormat(cased, format)
}

/** Several at once: an object with a member for each, each a result that can be meant by its name. */
function giveAll(compiler: Compiler, slots: Slots): Value {
  const values = operandsIn(slots, 'what').map((operand, at) => {
    const value = compiler.operand(operand)
    const kept = compiler.keep(value, value.names[0] ?? `part_${at + 1}`)
    compiler.values.push(kept)
    return kept
  })
  const names = unique(values.map((value, at) => value.names[0] ?? `part_${at + 1}`))
  const members = values.map((value, at) => `${keyOf(quoted(names[at] ?? ''))}: ${value.expression}`)
  return compiler.together({
    type: 'record',
    expression: `{${members.join(', ')}}`,
    names: ['both', 'results'],
    parts: values,
  })
}

const literalValue: Operation = (_compiler, { slots }) => given(valueIn(slots, 'text') ?? null)

/** `the rows`, `orders in orders.csv where status is open`. */
const rows: Operation = (compiler, phrase) => {
  const { noun, ...rest } = phrase.slots
  const part = plucked(compiler, operandIn(phrase.slots, 'noun'), operandIn(phrase.slots, 'in'))
  const value = part ?? compiler.subject({ ...phrase, slots: { ...rest, ...(noun && { what: noun }) } })
  return shaped(compiler, value, phrase.slots)
}

/** `the version of the response`, `the names from users.json`: a field of a record, or the values of a column. */
function plucked(
  compiler: Compiler,
  noun: Operand | undefined,
  within: Operand | undefined,
): Value | undefined {
  if (noun?.kind !== 'noun' || isIn(compiler.vocabulary, 'row_noun', noun.word)) return undefined
  if (/^(?:word|character|letter)s?$/.test(noun.word) || (within && isDatabaseFile(within))) return undefined
  const value = within ? compiler.operand(within) : compiler.lastUnless(noun.word)
  if (!value || value.parts || value.names.some((name) => isSameNoun(name, noun.word))) return undefined
  const hasFields = ['rows', 'record', 'any'].includes(value.type) || value.names[0] === 'results'
  return hasFields ? fieldOrColumn(compiler, value, { name: noun.word, span: noun.span }) : undefined
}

function isDatabaseFile(operand: Operand): boolean {
  const inner = operand.kind === 'phrase' ? operandIn(operand.phrase.slots, 'source') : operand
  return inner?.kind === 'file' && isDatabase(inner.path)
}

function fieldOrColumn(compiler: Compiler, value: Value, column: Column): Value {
  const names = [column.name]
  if (value.type === 'rows') {
    const table = new Table(compiler, value)
    return { type: 'list', names, isPlucked: true, expression: table.through(`map(${table.member(column)})`) }
  }
  const wanted = [column.name, ...singulars(column.name)].map(quoted).join(', ')
  return { type: 'any', names, isPlucked: true, expression: `(${value.expression} | pluck([${wanted}]))` }
}

const readFile: Operation = (compiler, { slots, span }) => {
  const path = textIn(slots, 'value') ?? ''
  if (isDatabase(path))
    throw new Refusal(
      `It is not said which table of ${path} is meant.`,
      [span],
      `“the table NAME in ${path}”`,
    )
  if (isAsked(compiler, path)) return fileRelation(compiler, path)
  if (isBinary(path)) throw new Refusal('This is no file of text, and nothing here reads its kind.', [span])
  const { expression: as, type } = reading(formatOf(path))
  const columns = compiler.schemas.columnsOf(path)
  const name = stemOf(path)
  const expression = compiler.plan.add({
    name: `read_${name}`,
    capability: 'run.shell',
    definition: { run: { shell: { command: 'cat -- "$1"', arguments: [literal(path)] } } },
    ...(as !== undefined && { as }),
    needs: [{ read: path }, { run: 'cat' }],
  })
  const known = columns ? 'rows' : type
  return { type: known, expression, names: [name, path], ...(columns && { columns }) }
}

/** The text of a file, whatever its format. */
const readText: Operation = (compiler, { slots, span }) => {
  const path = textIn(slots, 'value') ?? ''
  if (isBinary(path)) throw new Refusal('This is no file of text, and nothing here reads its kind.', [span])
  const name = stemOf(path)
  compiler.useWritten(path)
  const expression = compiler.plan.add({
    name: `read_${name}`,
    capability: 'run.shell',
    definition: { run: { shell: { command: 'cat -- "$1"', arguments: [literal(path)] } } },
    needs: [{ read: path }, { run: 'cat' }],
  })
  return { type: 'text', expression, names: [name, path] }
}

/** An address in the goal, or one that a value holds. */
const fetch: Operation = (compiler, phrase) => fetched(compiler, phrase)

/** As it came, whatever its format. */
const fetchRaw: Operation = (compiler, phrase) => fetched(compiler, phrase, false)

function fetched(compiler: Compiler, { slots, span }: Phrase, isRead = true): Value {
  const url = textIn(slots, 'value') ?? ''
  if (/[{}]/.test(url)) throw new Refusal('An address must not hold { or }.', [span])
  const host = URL.parse(url)?.host
  if (host === undefined) throw new Refusal('This is no address.', [span])
  const { type, expression } = reading(formatOf(new URL(url).pathname))
  return {
    type: expression === undefined ? 'any' : type,
    expression: compiler.plan.add({
      name: `fetch_${stemOf(url)}`,
      capability: 'http',
      definition: { call: 'http', with: { method: 'get', endpoint: literal(url) } },
      ...(isRead &&
        expression !== undefined && { as: `if type == "string" then (${expression}) else . end` }),
      needs: [{ network: host }],
    }),
    names: [stemOf(url), url],
  }
}

/** `fetch it`: an address that is only known when the plan runs. */
const fetchValue: Operation = (compiler, { slots, span }) => {
  const operand = operandIn(slots, 'what')
  const value = operand ? compiler.operand(operand) : compiler.last(span)
  return {
    type: 'any',
    expression: compiler.plan.add({
      name: 'fetch',
      capability: 'http',
      definition: { call: 'http', with: { method: 'get', endpoint: inExpression(value.expression) } },
      needs: [{ network: '*' }],
    }),
    names: ['page', 'response'],
  }
}

/** `read` and `fetch` of a value: an item of a loop that is an address is fetched, one that is a file is read. */
const fetchOrGive: Operation = (compiler, phrase) => {
  const operand = operandIn(phrase.slots, 'what')
  const isOne = operandsIn(phrase.slots, 'what').length === 1
  const word = operand && isOne ? wordOf(operand) : undefined
  const item = compiler.items.at(-1)
  if (
    !item ||
    word === undefined ||
    compiler.operand({ kind: 'noun', word, span: phrase.span }) !== item.value
  )
    return give(compiler, phrase)
  return phrase.pattern.id === 'read' ? readValue(compiler, item.value) : fetchValue(compiler, phrase)
}

function wordOf(operand: ReturnType<typeof operandIn>): string | undefined {
  if (operand?.kind === 'noun' || operand?.kind === 'pronoun') return operand.word
  const inner = operand?.kind === 'phrase' ? operandIn(operand.phrase.slots, 'noun') : undefined
  return inner && operand?.kind === 'phrase' && Object.keys(operand.phrase.slots).length === 1
    ? wordOf(inner)
    : undefined
}

function readValue(compiler: Compiler, value: Value): Value {
  const expression = compiler.plan.add({
    name: 'read',
    capability: 'run.shell',
    definition: { run: { shell: { command: 'cat -- "$1"', arguments: [inExpression(value.expression)] } } },
    needs: [{ read: '*' }, { run: 'cat' }],
  })
  return { type: 'text', expression, names: ['text', 'contents'] }
}

const table: Operation = (compiler, phrase) => {
  const { slots, span } = phrase
  const database = textIn(slots, 'database') ?? databaseOf(operandIn(slots, 'in'))
  if (database === undefined) throw new Refusal('It is not said which database the table is in.', [span])
  return shaped(compiler, compiler.table(database, textIn(slots, 'table') ?? '', span), slots)
}

function databaseOf(operand: ReturnType<typeof operandIn>): string | undefined {
  const inner = operand?.kind === 'phrase' ? operandIn(operand.phrase.slots, 'source') : operand
  return inner?.kind === 'file' && isDatabase(inner.path) ? inner.path : undefined
}

const readTable: Operation = (compiler, { slots }) => {
  const value = valueIn(slots, 'value')
  const { path, name } = isJsonObject(value ?? null)
    ? (value as { path: string; name: string })
    : { path: '', name: '' }
  const sql = `SELECT * FROM "${name.replaceAll('"', '""')}"`
  const columns = compiler.schemas.columnsOf(path, name)
  return {
    ...queried(compiler, path, sql, `read_${name}`),
    names: [name, stemOf(path)],
    ...(columns && { columns }),
  }
}

const tables: Operation = (compiler, { slots }) => {
  const sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name"
  const rows = queried(compiler, textIn(slots, 'database') ?? '', sql, 'tables')
  return { type: 'list', expression: `(${rows.expression} | map(.name))`, names: ['tables'] }
}

/** A query as it is written in the goal. */
const query: Operation = (compiler, { slots, span }) => {
  const database = textIn(slots, 'database') ?? databaseOf(operandIn(slots, 'in'))
  if (database === undefined)
    throw new Refusal(
      'It is not said which database is asked.',
      [span],
      '“run the query "SELECT …" on shop.db”',
    )
  const sql = textIn(slots, 'sql') ?? ''
  // The program sqlite3 takes a point at the beginning for a command of its own, `.shell` among them.
  if (/^\s*\./.test(sql)) throw new Refusal('This is no query.', [slots['sql']?.span ?? span])
  return queried(compiler, database, sql, 'query')
}

/** By `query.sql` where it is installed, else by the program sqlite3. Either way nothing is written. */
export function queried(compiler: Compiler, path: string, sql: string, name: string): Value {
  const driver = /\.duckdb$/i.test(path) ? 'duckdb' : 'sqlite'
  const { plan } = compiler
  const isProgram = !plan.catalogue.has('query.sql') && driver === 'sqlite' && plan.catalogue.has('run.shell')
  const expression = isProgram
    ? plan.add({
        name,
        capability: 'run.shell',
        definition: {
          run: {
            shell: {
              command: 'sqlite3 -readonly -json "$1" "$2"',
              arguments: [literal(asArgument(path)), literal(sql)],
            },
          },
        },
        as: 'if test("^\\\\s*$") then [] else fromjson end',
        needs: [{ read: path }, { run: 'sqlite3' }],
      })
    : plan.add({
        name,
        capability: 'query.sql',
        definition: {
          call: 'query.sql',
          with: { connection: { driver, file: literal(path) }, query: literal(sql) },
        },
        needs: [{ read: path }],
      })
  return { type: 'rows', expression, names: [] }
}

const field: Operation = (compiler, phrase) => {
  const value = compiler.subject(phrase)
  const path = (textIn(phrase.slots, 'path') ?? '').split('.').map(quoted)
  const step = path.map(
    (key) =>
      `if type == "object" and has(${key}) then .[${key}] else error("There is no field \\(${key} | tojson).") end`,
  )
  return {
    type: 'any',
    expression: `(${[value.expression, ...step].join(' | ')})`,
    names: [textIn(phrase.slots, 'path') ?? ''],
  }
}

export const sourceOperations: Readonly<Record<string, Operation>> = {
  give: (compiler, phrase) => fetchOrGive(compiler, phrase),
  literal: literalValue,
  rows,
  read_file: readFile,
  read_text: readText,
  fetch,
  fetch_raw: fetchRaw,
  table,
  read_table: readTable,
  tables,
  query,
  field,
}
