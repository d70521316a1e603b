/** What reaches outside: files that are written, commands and scripts, requests, capabilities by their names; and texts. */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import type { Slots } from '../../grammar/tree.ts'
import { jsonText } from '../../json_text.ts'
import { Refusal } from '../../refusal.ts'
import { operandIn, operandsIn, textIn, valueIn, type Compiler, type Operation } from '../compiler.ts'
import { defined } from '../definitions.ts'
import { asArgument, formatOf, isFileName, stemOf, writing, type Format } from '../files.ts'
import { asItems } from '../table.ts'
import { inFormat } from './sources.ts'
import { inExpression, literal, quoted, type Value } from '../values.ts'
import { programsOf } from './programs.ts'

const store: Operation = (compiler, phrase) => {
  const { slots, span } = phrase
  const path = textIn(slots, 'file') ?? ''
  if (!isFileName(path)) throw new Refusal('This is no name of a file.', [span])
  const value = keptOf(compiler, phrase)
  return written(compiler, value, path, formatIn(slots) ?? formatOf(path))
}

function keptOf(compiler: Compiler, phrase: Parameters<Operation>[1]): Value {
  const value = compiler.subject(phrase)
  return value.isGiven ? value : compiler.keep(value, value.names[0] ?? 'result')
}

function formatIn(slots: Slots): Format | undefined {
  const format = textIn(slots, 'format')
  return (['csv', 'tsv', 'json', 'jsonl', 'text'] as const).find((known) => known === format)
}

/** Writes the value, and gives it on: what was written is still what `it` means. */
function written(compiler: Compiler, value: Value, path: string, format: Format): Value | undefined {
  forget(compiler)
  compiler.plan.addPlain({
    name: `write_${stemOf(path)}`,
    capability: 'run.shell',
    definition: {
      run: {
        shell: {
          command: 'cat > "$1"',
          arguments: [literal(path)],
          stdin: inExpression(defined(`${value.expression} | ${writing(format)}`)),
        },
      },
    },
    needs: [{ write: path }, { run: 'cat' }],
  })
  return value.isGiven ? undefined : value
}

/** What was read may have been changed by what comes now. */
function forget(compiler: Compiler): void {
  compiler.files.clear()
}

const append: Operation = (compiler, phrase) => {
  const path = textIn(phrase.slots, 'file') ?? ''
  const format = formatOf(path)
  if (format === 'json')
    throw new Refusal(
      'A JSON file has one value; nothing can be appended to it.',
      [phrase.span],
      `“write it to ${path}”, or a file that ends in .jsonl`,
    )
  const value = keptOf(compiler, phrase)
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

const trimmed = 'sub("\\\\s+$"; "")'

const runCommand: Operation = (compiler, { slots, span }) => {
  const command = textIn(slots, 'command') ?? ''
  if (command.trim() === '') throw new Refusal('The command is empty.', [span])
  const { arguments: given, stdin } = inputsOf(compiler, slots)
  const shown = given.length > 0 && !/\$(?:[1-9@*]|\{)/.test(command) ? `${command} "$@"` : command
  return ran(
    compiler,
    { shell: { command: literal(shown), ...(given.length > 0 && { arguments: given }), ...stdin } },
    programsOf(command),
  )
}

function ran(
  compiler: Compiler,
  run: JsonObject,
  programs: readonly string[],
  { name = 'run', reads = [] }: { readonly name?: string; readonly reads?: readonly string[] } = {},
): Value {
  forget(compiler)
  const expression = compiler.plan.add({
    name: `${name}_${programs[0] ?? ''}`,
    capability: 'shell' in run ? 'run.shell' : 'run.script',
    definition: { run },
    as: trimmed,
    needs: [...programs.map((program) => ({ run: program })), ...reads.map((path) => ({ read: path }))],
  })
  return { type: 'text', expression, names: ['output'], isByTheWay: true }
}

function inputsOf(compiler: Compiler, slots: Slots): { arguments: readonly Json[]; stdin: JsonObject } {
  const input = operandIn(slots, 'input')
  const operands = operandsIn(slots, 'argument')
  const stdin = input
    ? { stdin: inExpression(defined(`${compiler.operand(input).expression} | plain_text`)) }
    : {}
  return {
    arguments: operands.map((operand) => {
      if (operand.kind === 'file') return literal(asArgument(operand.path))
      const value = compiler.operand(operand)
      if (value.isGiven && value.type === 'text') return literal(String(JSON.parse(value.expression)))
      return inExpression(
        defined(`${value.expression} | if type == "array" or type == "object" then tojson else . end`),
      )
    }),
    stdin,
  }
}

const interpreters: Readonly<Record<string, string>> = { py: 'python3', js: 'node', mjs: 'node', sh: 'sh' }

const runScript: Operation = (compiler, { slots }) => {
  const script = textIn(slots, 'script') ?? ''
  const program = interpreters[/\.(\w+)$/.exec(script)?.[1] ?? ''] ?? 'sh'
  const { arguments: given, stdin } = inputsOf(compiler, slots)
  const shell = { command: `${program} "$@"`, arguments: [literal(asArgument(script)), ...given], ...stdin }
  return ran(compiler, { shell }, [program], { reads: [script] })
}

const runCode: Operation = (compiler, { slots, pattern }) => {
  const { stdin } = inputsOf(compiler, slots)
  const code = literal(textIn(slots, 'code') ?? '')
  const language = jsonText(pattern.fixed['language'])
  return ran(
    compiler,
    { script: { language, code, ...stdin } },
    [language === 'python' ? 'python3' : 'node'],
    { name: 'run_code' },
  )
}

const post: Operation = (compiler, phrase) => {
  const url = textIn(phrase.slots, 'url') ?? ''
  const host = URL.parse(url)?.host
  if (host === undefined || /[{}]/.test(url))
    throw new Refusal('This is no address that something can be sent to.', [phrase.span])
  const value = compiler.subject(phrase)
  const body = value.isGiven
    ? guarded(JSON.parse(value.expression) as Json)
    : inExpression(defined(value.expression))
  const method = jsonText(phrase.pattern.fixed['method'])
  return {
    type: 'any',
    expression: compiler.plan.add({
      name: `${method}_to_${stemOf(url)}`,
      capability: 'http',
      definition: { call: 'http', with: { method, endpoint: literal(url), body } },
      needs: [{ network: host }],
    }),
    names: ['answer', 'response'],
    isByTheWay: true,
  }
}

/** JSON from a goal, in which no text is an expression. */
function guarded(value: Json): Json {
  return JSON.stringify(value).includes('${') ? inExpression(JSON.stringify(value)) : value
}

const call: Operation = (compiler, { slots, span }) => {
  const capability = textIn(slots, 'capability') ?? ''
  if (!compiler.plan.catalogue.get(capability)) {
    const near = compiler.plan.catalogue.nearest(capability)
    throw new Refusal(
      `No capability is called “${capability}”.`,
      [slots['capability']?.span ?? span],
      near && `“call ${near}”`,
    )
  }
  const pairs = slots['pairs']
  const given =
    pairs?.type === 'pairs'
      ? Object.fromEntries(pairs.pairs.map(({ name, value }) => [name, guarded(value)]))
      : {}
  refuseWrong(compiler, capability, given, span)
  const input = operandIn(slots, 'input')
  const whole = input ? inExpression(compiler.operand(input).expression) : given
  return called(compiler, capability, whole)
}

function refuseWrong(
  compiler: Compiler,
  capability: string,
  given: JsonObject,
  span: { start: number; end: number },
): void {
  const schema = compiler.plan.catalogue.get(capability)?.inputSchema
  if (!isJsonObject(schema)) return
  const properties = isJsonObject(schema['properties']) ? Object.keys(schema['properties']) : []
  const strange =
    schema['additionalProperties'] === false
      ? Object.keys(given).filter((name) => !properties.includes(name))
      : []
  const required = Array.isArray(schema['required']) ? schema['required'].map(String) : []
  const missing = required.filter((name) => !(name in given))
  if (strange.length > 0)
    throw new Refusal(
      `\`${capability}\` takes no ${strange.join(', ')}. It takes: ${properties.join(', ')}.`,
      [span],
    )
  if (missing.length > 0 && Object.keys(given).length > 0)
    throw new Refusal(
      `\`${capability}\` needs ${missing.join(', ')}.`,
      [span],
      `“call ${capability} with ${missing[0]} …”`,
    )
}

function called(compiler: Compiler, capability: string, input: Json): Value {
  forget(compiler)
  const isRun = capability.startsWith('run.')
  const definition = isRun && isJsonObject(input) ? { run: input } : { call: capability, with: input }
  const expression = compiler.plan.add({ name: capability.replaceAll('.', '_'), capability, definition })
  return { type: 'any', expression, names: [capability, 'answer'], isByTheWay: true }
}

/** A pattern that says itself which task comes out. */
const task: Operation = (compiler, { pattern, slots, span }) => {
  const filled = filledIn(compiler, pattern.task ?? {}, slots)
  const definition = isJsonObject(filled) ? filled : {}
  const capability = capabilityOf(definition)
  if (pattern.owner !== undefined && capability !== pattern.owner)
    throw new Refusal(`The pattern “${pattern.id}” of \`${pattern.owner}\` may not use \`${capability}\`.`, [
      span,
    ])
  const known = (['rows', 'list', 'record', 'number', 'text', 'boolean'] as const).find(
    (type) => type === pattern.gives,
  )
  forget(compiler)
  const expression = compiler.plan.add({ name: pattern.id, capability, definition })
  return { type: known ?? 'any', expression, names: [pattern.id], isByTheWay: true }
}

/** What of the catalogue a task definition is. */
function capabilityOf(definition: JsonObject): string {
  if (typeof definition['call'] === 'string') return definition['call']
  const { run } = definition
  if (isJsonObject(run))
    return `run.${['script', 'shell', 'container', 'workflow'].find((kind) => kind in run) ?? 'shell'}`
  return Object.keys(definition)[0] ?? 'set'
}

function filledIn(compiler: Compiler, template: Json, slots: Slots): Json {
  if (typeof template === 'string') return filledText(compiler, template, slots)
  if (Array.isArray(template)) return template.map((item: Json) => filledIn(compiler, item, slots))
  if (!isJsonObject(template)) return template
  return Object.fromEntries(
    Object.entries(template).map(([key, value]) => [key, filledIn(compiler, value, slots)]),
  )
}

function filledText(compiler: Compiler, template: string, slots: Slots): Json {
  const name = /^\{([a-z][a-z0-9_]*)\}$/.exec(template)?.[1]
  if (name !== undefined && slots[name]) return filledSlot(compiler, slots, name)
  return template.replaceAll(/\{([a-z][a-z0-9_]*)\}/g, (whole, slot: string) => {
    const value = valueIn(slots, slot)
    return value === undefined ? whole : jsonText(value).replaceAll('${', '$ {')
  })
}

function filledSlot(compiler: Compiler, slots: Slots, name: string): Json {
  const slot = slots[name]
  if (slot?.type === 'columns')
    return slot.columns.length === 1
      ? (slot.columns[0]?.name ?? null)
      : slot.columns.map((column) => column.name)
  const operand = operandIn(slots, name)
  if (!operand) return guarded(valueIn(slots, name) ?? null)
  const value = compiler.operand(operand)
  return value.isGiven
    ? guarded(JSON.parse(value.expression) as Json)
    : inExpression(defined(value.expression))
}

const replace: Operation = (compiler, phrase) => {
  const value = compiler.subject(phrase)
  const [from, to] = [quoted(textIn(phrase.slots, 'from') ?? ''), quoted(textIn(phrase.slots, 'to') ?? '')]
  return onTexts(value, `split(${from}) | join(${to})`)
}

const changeCase: Operation = (compiler, phrase) =>
  onTexts(
    compiler.subject(phrase),
    phrase.pattern.fixed['to'] === 'upper' ? 'ascii_upcase' : 'ascii_downcase',
  )

/** Every text in it. */
function onTexts(value: Value, expression: string): Value {
  return {
    ...value,
    expression: `(${value.expression} | walk(if type == "string" then ${expression} else . end))`,
  }
}

const split: Operation = (compiler, phrase) => {
  const value = compiler.subject(phrase)
  const separator = textIn(phrase.slots, 'separator')
  if (separator === undefined) return asItems(value)
  return { type: 'list', expression: `(${value.expression} | split(${quoted(separator)}))`, names: ['parts'] }
}

const wait: Operation = (compiler, { slots }) => {
  const milliseconds = Number(valueIn(slots, 'duration') ?? 0)
  compiler.plan.addPlain({ name: 'wait', capability: 'wait', definition: { wait: { milliseconds } } })
  return undefined
}

const fail: Operation = (compiler, { slots }) => {
  raise(compiler, textIn(slots, 'message') ?? 'The goal says to fail here.')
  return undefined
}

export function raise(compiler: Compiler, message: string): void {
  const error = {
    type: 'https://open-workflow-specification.org/spec/1.0.0/errors/runtime',
    status: 500,
    title: 'Goal failed',
    detail: literal(message),
  }
  compiler.plan.addPlain({ name: 'fail', capability: 'raise', definition: { raise: { error } } })
}

const name: Operation = (compiler, phrase) => {
  const value = compiler.subject(phrase)
  const named = (textIn(phrase.slots, 'name') ?? '').toLowerCase()
  compiler.values = compiler.values.map((one) =>
    one.expression === value.expression ? { ...one, names: [named, ...one.names] } : one,
  )
  return { ...value, names: [named, ...value.names] }
}

export const effectOperations: Readonly<Record<string, Operation>> = {
  store,
  append,
  convert,
  run_command: runCommand,
  run_script: runScript,
  run_code: runCode,
  post,
  call,
  task,
  replace,
  case: changeCase,
  split,
  wait,
  fail,
  name,
}
