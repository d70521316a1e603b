/**
 * The errors that leave this package, and the three signals that stay inside it.
 *
 * Signals are plain objects and not `Error`s: capturing a stack costs more than a whole evaluation, and `try`
 * throws them away. The runner turns a `Raised` that nothing caught into a `JqRuntimeError`.
 */
import { toJson } from './values/print.ts'
import { codepointLength } from './values/text.ts'
import type { Json, Value } from './values/value.ts'

/** The program is not jq. `offset` counts UTF-16 units from 0; `line` and `column` count from 1. */
export class JqSyntaxError extends Error {
  override readonly name = 'JqSyntaxError'
  readonly reason: string
  readonly offset: number
  readonly line: number
  readonly column: number
  readonly excerpt: string

  constructor(reason: string, source: string, span: { start: number; end: number }, file = '<top-level>') {
    const place = locate(source, span)
    super(`${reason} at ${file}, line ${place.line}, column ${place.column}:\n${place.excerpt}`)
    this.reason = reason
    this.offset = span.start
    this.line = place.line
    this.column = place.column
    this.excerpt = place.excerpt
  }
}

/** An error that the program raised and nothing caught. `value` is what `catch` would have seen. */
export class JqRuntimeError extends Error {
  override readonly name = 'JqRuntimeError'
  readonly value: Json

  constructor(value: Json) {
    super(typeof value === 'string' ? value : `(not a string): ${toJson(value)}`)
    this.value = value
  }
}

/** A budget is used up. No `try` catches it. `limit` names the maximum that was hit. */
export class JqLimitError extends Error {
  override readonly name = 'JqLimitError'
  readonly limit: string

  constructor(limit: string, message: string) {
    super(message)
    this.limit = limit
  }
}

/** `halt_error` ran: the program asks its host to stop with `exitCode`. No `try` catches it. */
export class JqHaltError extends Error {
  override readonly name = 'JqHaltError'
  readonly exitCode: number
  readonly value: Json

  constructor(exitCode: number, value: Json) {
    super(typeof value === 'string' ? value : toJson(value))
    this.exitCode = exitCode
    this.value = value
  }
}

/** A raised jq error on its way to the nearest `try`. */
export class Raised {
  readonly value: Value

  constructor(value: Value) {
    this.value = value
  }
}

/** `break $name` on its way to its `label`, which `target` identifies. */
export class BreakSignal {
  readonly target: object

  constructor(target: object) {
    this.target = target
  }
}

/** `halt`: there are no more outputs. */
export class HaltSignal {
  readonly kind = 'halt'
}

/** Raises a jq error with a text. */
export function raise(message: string): never {
  throw new Raised(message)
}

function locate(source: string, span: { start: number; end: number }) {
  const lineStart = source.lastIndexOf('\n', span.start - 1) + 1
  const nextBreak = source.indexOf('\n', span.start)
  const lineEnd = nextBreak < 0 ? source.length : nextBreak
  const line = source.slice(0, lineStart).split('\n').length
  const before = codepointLength(source.slice(lineStart, span.start))
  const marked = codepointLength(source.slice(span.start, Math.min(span.end, lineEnd)))
  const excerpt = `    ${source.slice(lineStart, lineEnd)}\n    ${' '.repeat(before)}${'^'.repeat(Math.max(1, marked))}`
  return { line, column: before + 1, excerpt }
}
