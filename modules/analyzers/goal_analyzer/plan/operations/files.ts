/** What becomes of files: they are written, appended to, converted. None is ever deleted. */
import { isSameNoun } from '../../grammar/plurals.ts'
import type { Column, Phrase, Slots } from '../../grammar/tree.ts'
import { Refusal } from '../../refusal.ts'
import type { Compiler, Operation } from '../compiler.ts'
import { defined } from '../definitions.ts'
import { type Format, formatOf, isBinary, isFileName, reading, stemOf, writing } from '../files.ts'
import { operandIn, textIn } from '../slots.ts'
import { inExpression, keyOf, literal, quoted, type Value } from '../values.ts'
import { answered } from './questions.ts'
import { inFormat, shaped, underNames } from './shape.ts'

const store: Operation = (compiler, phrase) => {
  const { slots, span } = phrase
  const path = fileOf(compiler, phrase)
  compiler.target = path
  if (!isFileName(path)) throw new Refusal('This is no name of a file.', [span])
  const value = keptOf(compiler, phrase)
  compiler.target = undefined
  const format = formatIn(slots) ?? formatOf(path)
  refusePerLine(slots, format)
  return written(compiler, value, path, format)
}

export function keptOf(compiler: Compiler, phrase: Parameters<Operation>[1]): Value {
  const { arranged, columns, headers, ...slots } = phrase.slots
  const named = columns?.type === 'columns' ? namedResults(compiler, columns.columns) : undefined
  const subject = named ?? compiler.subject({ ...phrase, slots })
  const said = columns && !named ? shaped(compiler, subject, { columns }) : subject
  const sorted =
    arranged?.type === 'question' ? answered(compiler, said, arranged.question, arranged.span) : said
  const value = headers?.type === 'columns' ? headed(compiler, sorted, headers.columns) : sorted
  return value.isGiven ? value : compiler.keep(value, value.names[0] ?? 'result')
}

/** `one per line` is how lists are written as text, and nothing that JSON or a table could be. */
function refusePerLine({ perline }: Slots, format: Format): void {
  if (perline && format !== 'text')
    throw new Refusal('Only a text has one item a line.', [perline.span], '“to NAME.txt”')
}

/** `with the columns name and outstanding`: those of them, or as many under other names. */
function headed(compiler: Compiler, value: Value, headers: readonly Column[]): Value {
  const { columns } = value
  const isChosen = columns === undefined || headers.every(({ name }) => columns.includes(name))
  const span = compiler.plan.span
  if (isChosen) return shaped(compiler, value, { columns: { type: 'columns', columns: headers, span } })
  if (columns.length !== headers.length)
    throw new Refusal(
      `There are ${columns.length} columns: ${columns.join(', ')}.`,
      headers.map((header) => header.span),
    )
  return underNames(
    compiler,
    value,
    headers.map(({ name }) => name),
  )
}

/** `write the total and the count to x.json`: results that were made before, where all of them are. */
function namedResults(compiler: Compiler, columns: readonly Column[]): Value | undefined {
  const results = columns.map(({ name }) =>
    compiler.values.findLast(({ names }) => names.some((known) => isSameNoun(known, name))),
  )
  if (!results.every((value) => value !== undefined)) return undefined
  const members = results.map((value, at) => {
    compiler.use(value)
    return `${keyOf(quoted(columns[at]?.name ?? ''))}: ${value.expression}`
  })
  return { type: 'record', expression: `{${members.join(', ')}}`, names: ['results'] }
}

function formatIn(slots: Slots): Format | undefined {
  const format = textIn(slots, 'format')
  return (['csv', 'tsv', 'json', 'jsonl', 'text'] as const).find((known) => known === format)
}

/** Writes the value, and gives it on: what was written is still what `it` means. */
function written(compiler: Compiler, value: Value, path: string, format: Format): Value | undefined {
  if (isBinary(path))
    throw new Refusal(
      'Nothing here writes files of this kind.',
      [compiler.plan.span],
      '“write it to NAME.csv”',
    )
  forget(compiler)
  compiler.written.set(path, value)
  compiler.lastWritten = path
  compiler.plan.addPlain({
    name: `write_${stemOf(path)}`,
    capability: 'run.shell',
    definition: {
      run: {
        shell: {
          command: 'cat > "$1"',
          arguments: [literal(path)],
          stdin: inExpression(defined(`${value.expression} | ${inLines(value, format)}`)),
        },
      },
    },
    needs: [{ write: path }, { run: 'cat' }],
  })
  return value.isGiven ? undefined : value
}

/** Of one column, its values are what a text has a line for each of. */
function inLines(value: Value, format: Format): string {
  const isOne = format === 'text' && (value.isOneColumn === true || value.columns?.length === 1)
  const values = 'if type == "array" and all(.[]; type == "object" and length == 1) then map(.[]) else . end'
  return isOne ? `${values} | ${asText(value, format)}` : asText(value, format)
}

function asText(value: Value, format: Format): string {
  return value.isText ? `if type == "string" then . else ${writing(format)} end` : writing(format)
}

/** What was read may have been changed by what comes now. */
export function forget(compiler: Compiler): void {
  compiler.files.clear()
  compiler.edition += 1
}

/** The file that is named, or `it`, `the copy`: the one that was written last. */
function fileOf(compiler: Compiler, { slots, span, pattern }: Phrase): string {
  const path = textIn(slots, 'file') ?? (pattern.fixed['same'] === true ? compiler.lastWritten : undefined)
  if (path === undefined) throw new Refusal('It is not said which file.', [span])
  return path
}

const append: Operation = (compiler, phrase) => {
  const path = fileOf(compiler, phrase)
  const format = formatOf(path)
  if (isBinary(path)) throw new Refusal('Nothing here writes files of this kind.', [phrase.span])
  if (format === 'json')
    throw new Refusal(
      'A JSON file has one value; nothing can be appended to it.',
      [phrase.span],
      `“write it to ${path}”, or a file that ends in .jsonl`,
    )
  refusePerLine(phrase.slots, format)
  const value = keptOf(compiler, phrase)
  compiler.lastWritten = path
  forget(compiler)
  compiler.plan.assume('An interrupted append may be done twice when the run goes on.')
  const text =
    format === 'csv' || format === 'tsv'
      ? `${writing(format)} | if startswith("\\n") then . else sub("^[^\\n]*\\n"; "") end`
      : 'plain_text | if endswith("\\n") then . else . + "\\n" end'
  const lines = value.type === 'text' ? 'if endswith("\\n") then . else . + "\\n" end' : text
  compiler.plan.addPlain({
    name: `append_to_${stemOf(path)}`,
    capability: 'run.shell',
    definition: {
      run: {
        shell: {
          command: 'cat >> "$1"',
          arguments: [literal(path)],
          stdin: inExpression(defined(`${value.expression} | ${lines}`)),
        },
      },
    },
    needs: [{ write: path }, { run: 'cat' }],
  })
  return value.isGiven ? undefined : value
}

/** To another format as text, or to a file of one. */
const convert: Operation = (compiler, phrase) => {
  const { slots } = phrase
  refuseOtherFormat(phrase)
  const file = textIn(slots, 'file')
  if (file !== undefined)
    return written(compiler, keptOf(compiler, phrase), file, formatIn(slots) ?? formatOf(file))
  return inFormat(compiler.subject(phrase), formatIn(slots) ?? 'json')
}

/** `from CSV to JSON`: a file says by its name what it is. */
function refuseOtherFormat({ slots }: Parameters<Operation>[1]): void {
  const from = slots['from']
  const operand = operandIn(slots, 'what')
  const inner = operand?.kind === 'phrase' ? operandIn(operand.phrase.slots, 'source') : operand
  if (from?.type !== 'value' || inner?.kind !== 'file' || formatOf(inner.path) === from.value) return
  throw new Refusal(`${inner.path} is read as ${formatOf(inner.path)}, by the ending of its name.`, [
    from.span,
  ])
}

/** A page as a file: its text as it came, where it is one in the file's format. */
const download: Operation = (compiler, { slots, span }) => {
  const address = operandIn(slots, 'from')
  const path = textIn(slots, 'file') ?? ''
  if (address?.kind !== 'url' || !isFileName(path)) throw new Refusal('This is no name of a file.', [span])
  const format = formatOf(path)
  const isSame = formatOf(new URL(address.url).pathname) === format
  if (!isSame) return written(compiler, compiler.operand(address), path, format)
  const raw = compiler.run('fetch_raw', address.url, address.span)
  const { expression: as, type } = reading(format)
  written(compiler, { ...raw, isText: true }, path, format)
  const expression =
    as === undefined ? raw.expression : `(${raw.expression} | if type == "string" then ${as} else . end)`
  return { ...raw, type, expression, names: [stemOf(path), path] }
}

const copy: Operation = (compiler, { slots, span }) => {
  const [from, to] = [textIn(slots, 'from') ?? '', textIn(slots, 'file') ?? '']
  if (!isFileName(from) || !isFileName(to)) throw new Refusal('This is no name of a file.', [span])
  if (from === to) throw new Refusal('A file cannot be copied to itself.', [span])
  forget(compiler)
  compiler.plan.addPlain({
    name: `copy_${stemOf(from)}`,
    capability: 'run.shell',
    definition: { run: { shell: { command: 'cp -- "$1" "$2"', arguments: [literal(from), literal(to)] } } },
    needs: [{ read: from }, { write: to }, { run: 'cp' }],
  })
  compiler.mentioned = { path: to, span, after: compiler.values.length }
  compiler.lastWritten = to
  return undefined
}

export const fileOperations: Readonly<Record<string, Operation>> = { store, append, convert, download, copy }
