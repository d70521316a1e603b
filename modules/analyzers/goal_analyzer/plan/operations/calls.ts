/** Requests to addresses, capabilities by their names, and tasks that a pattern brings. */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import type { Slots } from '../../grammar/tree.ts'
import { jsonText } from '../../json_text.ts'
import { Refusal } from '../../refusal.ts'
import type { Compiler, Operation } from '../compiler.ts'
import { defined } from '../definitions.ts'
import { stemOf } from '../files.ts'
import { operandIn, textIn, valueIn } from '../slots.ts'
import { inExpression, literal, type Value } from '../values.ts'
import { forget } from './files.ts'

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
  const expression = compiler.plan.add({
    name: capability.replaceAll('.', '_'),
    capability,
    definition,
    isOpen: true,
  })
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
  const expression = compiler.plan.add({ name: pattern.id, capability, definition, isOpen: true })
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

export const callOperations: Readonly<Record<string, Operation>> = { post, call, task }
