/**
 * Templates: values of a document with expressions in them. Each is compiled once and kept by the value that it is.
 */
import { TaskFault, whyNotJson, type Json, type JsonObject } from '@nexus/sdk'
import { compileInScope, evaluateLoosely, expressionSource, type Scope } from './expressions.ts'

/**
 * A copy of `value` with every string that is wholly `${ … }` replaced by what it evaluates to, deeply; in loose mode
 * with every string that evaluates.
 */
export function evaluateTemplate(value: Json, input: Json, scope: Scope): Json {
  const template = templateOf(value, scope.loose === true)
  return template === undefined ? value : recordable(template(input, scope))
}

/** What expressions made, which may be nested too deep to be recorded. Throws a `TaskFault` of type expression. */
export function recordable(made: Json): Json {
  const why = whyNotJson(made)
  if (why === undefined) return made
  throw TaskFault.of('expression', `What the expressions give cannot be recorded, at ${why}.`)
}

type Template = (input: Json, scope: Scope) => Json

interface Known {
  /** Undefined stands for a value without any expression: it is given back as it is, without a copy. */
  readonly template: Template | undefined
}

const strictTemplates = new WeakMap<object, Known>()
const looseTemplates = new WeakMap<object, Known>()

function templateOf(value: Json, loose: boolean): Template | undefined {
  if (typeof value === 'string') return textTemplate(value, loose)
  if (typeof value !== 'object' || value === null) return undefined
  const templates = loose ? looseTemplates : strictTemplates
  let known = templates.get(value)
  if (!known) {
    const template = Array.isArray(value)
      ? arrayTemplate(value, loose)
      : objectTemplate(value as JsonObject, loose)
    templates.set(value, (known = { template }))
  }
  return known.template
}

function textTemplate(text: string, loose: boolean): Template | undefined {
  const source = expressionSource(text)
  if (source !== undefined) return (input, scope) => compileInScope(source, scope).evaluate(input, scope)
  return loose ? (input, scope) => evaluateLoosely(text, input, scope) : undefined
}

function arrayTemplate(items: readonly Json[], loose: boolean): Template | undefined {
  const parts = items.map((item) => templateOf(item, loose))
  if (parts.every((part) => part === undefined)) return undefined
  return (input, scope) =>
    items.map((item, index) => parts[index]?.(input, scope) ?? (parts[index] ? null : item))
}

function objectTemplate(object: JsonObject, loose: boolean): Template | undefined {
  const parts = Object.entries(object).map(([key, member]) => ({
    key,
    member,
    template: templateOf(member, loose),
  }))
  if (parts.every((part) => part.template === undefined)) return undefined
  return (input, scope) => {
    const result: Record<string, Json> = {}
    for (const { key, member, template } of parts) {
      const evaluated = template ? template(input, scope) : member
      if (key === '__proto__')
        Object.defineProperty(result, key, {
          value: evaluated,
          enumerable: true,
          configurable: true,
          writable: true,
        })
      else result[key] = evaluated
    }
    return result
  }
}
