/**
 * Runtime expressions: jq programs in a document, compiled once and kept by their source.
 * This file knows how an expression is written (`${ … }` around it, or bare where the field is an expression by nature)
 * and how it is evaluated in a scope. Which fields are expressions is known by their users.
 */
import { compile, JqLimitError, JqRuntimeError, JqSyntaxError, type Program } from '@nexus/jq'
import { TaskFault, type Json } from '@nexus/sdk'

/** What an expression sees besides its input. */
export interface Scope {
  /** The variables that may be mentioned, without `$`. The same array for the same set: it is a cache key. */
  readonly names: readonly string[]
  /** The value of one of them. Asked only for those that an expression really mentions. */
  lookup(name: string): Json
  /** Milliseconds since the Unix epoch, for jq's `now`; recorded by whoever hands it in. */
  now(): number
  /** `evaluate.mode: loose`: any text of a template may be an expression. */
  readonly loose?: boolean
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

/** Whether evaluating the text again later in the run may give something else: it reads the context or the time. */
export function readsRunState(text: string, scope: Scope): boolean {
  const { usesClock, references } = compileInScope(expressionSource(text) ?? text, scope)
  return usesClock || references.includes('context') || references.includes('task')
}

const looseCaches = new WeakMap<readonly string[], Map<string, CompiledExpression | undefined>>()

/** A text of a document in loose mode: what it evaluates to, or the text itself where that fails. */
export function evaluateLoosely(text: string, input: Json, scope: Scope): Json {
  const compiled = compileLoosely(text, scope.names)
  if (!compiled) return text
  try {
    return compiled.evaluate(input, scope)
  } catch (error) {
    if (error instanceof TaskFault) return text
    throw error
  }
}

/** Undefined for a text that is no expression; that it is none is remembered too. */
function compileLoosely(text: string, variables: readonly string[]): CompiledExpression | undefined {
  let cache = looseCaches.get(variables)
  if (!cache) looseCaches.set(variables, (cache = new Map()))
  if (cache.has(text)) return cache.get(text)
  if (cache.size >= compiledMax) cache.clear()
  const compiled = compiledOrNot(text, variables)
  cache.set(text, compiled)
  return compiled
}

function compiledOrNot(text: string, variables: readonly string[]): CompiledExpression | undefined {
  try {
    return compileExpression(text, variables)
  } catch (error) {
    if (error instanceof JqSyntaxError || error instanceof JqLimitError) return undefined
    throw error
  }
}
