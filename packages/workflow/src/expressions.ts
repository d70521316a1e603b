/**
 * Runtime expressions: jq programs in a document, compiled once and kept by their source.
 * This file knows how an expression is written (`${ … }` around it, or bare where the field is an expression by nature)
 * and how it is evaluated in a scope. Which fields are expressions is known by their users.
 */
import { compile, JqLimitError, JqRuntimeError, type Program } from '@nexus/jq'
import { TaskFault, type Json, type JsonObject } from '@nexus/sdk'

/** What an expression sees besides its input. */
export interface Scope {
  /** The variables that may be mentioned, without `$`. The same array for the same set: it is a cache key. */
  readonly names: readonly string[]
  /** The value of one of them. Asked only for those that an expression really mentions. */
  lookup(name: string): Json
  /** Milliseconds since the Unix epoch, for jq's `now`; recorded by whoever hands it in. */
  now(): number
}

export interface CompiledExpression {
  readonly source: string
  /** The variables that it mentions. */
  readonly references: readonly string[]
  /** Whether it reads the clock, so that evaluating it again may give something else. */
  readonly usesClock: boolean
  /** The first output, null where there is none. Throws a `TaskFault` of type expression. */
  evaluate(input: Json, scope: Scope): Json
}

/** The variables of the specification, in every expression. */
export const standardVariables: readonly string[] = [
  'context',
  'input',
  'output',
  'secrets',
  'authorization',
  'task',
  'workflow',
  'runtime',
]

const wholeExpression = /^\s*\$\{([\s\S]*)\}\s*$/

/** The inside of a string that is wholly `${ … }`; undefined for any other string. */
export function expressionSource(text: string): string | undefined {
  if (!text.includes('${')) return undefined
  return wholeExpression.exec(text)?.[1]
}

/** Where in the text the expression begins, in UTF-16 units: behind `${`, or 0 for a bare expression. */
export function expressionOffset(text: string): number {
  return expressionSource(text) === undefined ? 0 : text.indexOf('${') + 2
}

const compiledMax = 10_000
const caches = new WeakMap<readonly string[], Map<string, CompiledExpression>>()

/**
 * Compiles the source of an expression (without `${ }`), or finds it compiled.
 * Throws `JqSyntaxError`, with the position inside the source, also for a variable that is not among `variables`.
 */
export function compileExpression(source: string, variables: readonly string[]): CompiledExpression {
  let cache = caches.get(variables)
  if (!cache) caches.set(variables, (cache = new Map<string, CompiledExpression>()))
  const known = cache.get(source)
  if (known) return known
  const compiled = bind(compile(source, { variables }))
  if (cache.size >= compiledMax) cache.clear()
  cache.set(source, compiled)
  return compiled
}

/** Evaluates text that is an expression by nature, with or without `${ }` around it. */
export function evaluateExpression(text: string, input: Json, scope: Scope): Json {
  return compileInScope(expressionSource(text) ?? text, scope).evaluate(input, scope)
}

export function compileInScope(source: string, scope: Scope): CompiledExpression {
  try {
    return compileExpression(source, scope.names)
  } catch (error) {
    throw expressionFault(source, error)
  }
}

function bind(program: Program): CompiledExpression {
  const references = [...program.references]
  return {
    source: program.source,
    references,
    usesClock: program.usesClock,
    evaluate(input, scope) {
      try {
        return (
          program.first(input as never, bindings(references, scope), { now: () => scope.now() / 1000 }) ??
          null
        )
      } catch (error) {
        throw expressionFault(program.source, error)
      }
    },
  }
}

const noBindings = Object.freeze({})

function bindings(references: readonly string[], scope: Scope): Record<string, never> {
  if (references.length === 0) return noBindings
  const values: Record<string, Json> = {}
  for (const name of references) values[name] = scope.lookup(name)
  return values as Record<string, never>
}

function expressionFault(source: string, error: unknown): unknown {
  if (error instanceof TaskFault) return error
  const known =
    error instanceof JqRuntimeError || error instanceof JqLimitError || error instanceof SyntaxError
  const message = error instanceof Error ? error.message : String(error)
  if (!known && !(error instanceof Error && error.name.startsWith('Jq'))) return error
  return TaskFault.of('expression', `The expression ${excerpt(source)} failed: ${message}`, { cause: error })
}

const excerptMax = 120

function excerpt(source: string): string {
  const text = source.trim()
  return `\`${text.length > excerptMax ? `${text.slice(0, excerptMax)}…` : text}\``
}

/** A copy of `value` with every string that is wholly `${ … }` replaced by what it evaluates to, deeply. */
export function evaluateTemplate(value: Json, input: Json, scope: Scope): Json {
  const template = templateOf(value)
  return template === undefined ? value : template(input, scope)
}

type Template = (input: Json, scope: Scope) => Json

/** Undefined stands for a value without any expression: it is given back as it is, without a copy. */
const templates = new WeakMap<object, { readonly template: Template | undefined }>()

function templateOf(value: Json): Template | undefined {
  if (typeof value === 'string') {
    const source = expressionSource(value)
    return source === undefined
      ? undefined
      : (input, scope) => compileInScope(source, scope).evaluate(input, scope)
  }
  if (typeof value !== 'object' || value === null) return undefined
  let known = templates.get(value)
  if (!known)
    templates.set(
      value,
      (known = {
        template: Array.isArray(value) ? arrayTemplate(value) : objectTemplate(value as JsonObject),
      }),
    )
  return known.template
}

function arrayTemplate(items: readonly Json[]): Template | undefined {
  const parts = items.map(templateOf)
  if (parts.every((part) => part === undefined)) return undefined
  return (input, scope) =>
    items.map((item, index) => parts[index]?.(input, scope) ?? (parts[index] ? null : item))
}

function objectTemplate(object: JsonObject): Template | undefined {
  const parts = Object.entries(object).map(([key, member]) => ({ key, member, template: templateOf(member) }))
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

/** Whether evaluating the text again later in the run may give something else: it reads the context or the time. */
export function readsRunState(text: string, scope: Scope): boolean {
  const { usesClock, references } = compileInScope(expressionSource(text) ?? text, scope)
  return usesClock || references.includes('context') || references.includes('task')
}
