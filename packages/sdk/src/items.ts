/** The items that an orchestrator goes through, evaluated on its task's input. It owns the check that they are a list. */
import type { ModuleContext } from './context.ts'
import { TaskFault } from './errors.ts'
import { isJsonObject, type Json, type JsonObject } from './json.ts'

/**
 * `source` is an expression or a list with expressions in it; `what` goes through it, and begins the sentence of a fault.
 * Rejects with a `TaskFault` of type validation for what is no list, and of type expression where one fails.
 */
export async function itemsOf(
  context: ModuleContext,
  source: string | readonly Json[],
  what: string,
): Promise<readonly Json[]> {
  if (typeof source !== 'string') return evaluateAll(context, source)
  const items = await context.run.evaluate(source)
  if (isList(items)) return items
  throw TaskFault.of(
    'validation',
    `${what} goes through a list, but its \`in\` (${source}) gave ${described(items)}. ` +
      'Give it a list; `[.]` makes one of a single value, `to_entries` one of an object.',
  )
}

const wholeExpression = /^\s*\$\{[\s\S]*\}\s*$/

/** A list written in the document, with every text that is wholly `${ … }` replaced by its value, deeply. */
async function evaluateTemplate(context: ModuleContext, value: Json): Promise<Json> {
  if (typeof value === 'string') return wholeExpression.test(value) ? context.run.evaluate(value) : value
  if (isList(value)) return evaluateAll(context, value)
  return isJsonObject(value) ? evaluateMembers(context, value) : value
}

async function evaluateAll(context: ModuleContext, items: readonly Json[]): Promise<readonly Json[]> {
  const evaluated: Json[] = []
  for (const item of items) evaluated.push(await evaluateTemplate(context, item))
  return evaluated
}

async function evaluateMembers(context: ModuleContext, object: JsonObject): Promise<Json> {
  const evaluated: [string, Json][] = []
  for (const [key, member] of Object.entries(object)) {
    evaluated.push([key, await evaluateTemplate(context, member)])
  }
  return Object.fromEntries(evaluated)
}

function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value)
}

const shownMax = 60

function described(value: Json): string {
  if (value === null) return 'null'
  if (isJsonObject(value)) return 'an object'
  const text = JSON.stringify(value)
  const shown = text.length > shownMax ? `${text.slice(0, shownMax)}…` : text
  return `the ${typeof value} ${shown}`
}
