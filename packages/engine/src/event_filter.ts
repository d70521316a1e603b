/**
 * Whether an event is one that a filter asks for, and what its correlations find in it. Pure; it waits for nothing.
 * Source: DSL 1.0.3, "Event Filter" and "Correlation".
 *
 * Where the specification is silent: an expression sees the value of its own attribute as `.`. What it gives is a verdict
 * when it is true, false or null, else the value that the attribute must have. A text is the value itself, or a regular
 * expression of the whole value, or of a part of it where it begins with `^` or ends with `$`; a dot alone makes no
 * regular expression, since it is in most types. An object in `data` names members that must be there; more may be. An
 * expression that fails says no: an event of somebody else's must not end a run.
 */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { evaluateExpression, expressionSource, type EventFilter, type Scope } from '@nexus/workflow'
import { isDeepStrictEqual } from 'node:util'
import type { CloudEvent } from './cloud_event.ts'

export function matchesFilter(filter: EventFilter, event: CloudEvent, scope: Scope): boolean {
  const { data, ...attributes } = filter.with as JsonObject
  const expected = Object.entries(attributes)
  // The data comes last: its expression was written for events of which all the rest is right.
  if (data !== undefined) expected.push(['data', data])
  return expected.every(([name, value]) => matchesAttribute(value, event[name], scope))
}

function matchesAttribute(expected: Json, actual: Json | undefined, scope: Scope): boolean {
  if (actual === undefined) return false
  return typeof expected === 'string' && expressionSource(expected) === undefined
    ? matchesText(expected, actual)
    : matchesValue(expected, actual, scope)
}

/** A regular expression has one of these; a dot is not among them. */
const regexSigns = /[\^$*+?()[\]{}|\\]/

function matchesText(expected: string, actual: Json): boolean {
  if (expected === actual) return true
  if (typeof actual !== 'string' || !regexSigns.test(expected)) return false
  const part = expected.startsWith('^') || expected.endsWith('$')
  return compiled(part ? expected : `^(?:${expected})$`)?.test(actual) ?? false
}

/** Undefined for a text that only looks like one. */
function compiled(source: string): RegExp | undefined {
  try {
    return new RegExp(source, 'u')
  } catch {
    return undefined
  }
}

function matchesValue(expected: Json, actual: Json | undefined, scope: Scope): boolean {
  if (actual === undefined) return false
  if (typeof expected === 'string' && expressionSource(expected) !== undefined) {
    const said = valueOf(expected, actual, scope)
    return said === true || (typeof said !== 'boolean' && said !== null && isDeepStrictEqual(said, actual))
  }
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return false
    return expected.every((item: Json, index) => matchesValue(item, actual[index] as Json, scope))
  }
  if (!isJsonObject(expected)) return expected === actual
  if (!isJsonObject(actual)) return false
  return Object.entries(expected).every(([name, member]) =>
    matchesValue(member, Object.hasOwn(actual, name) ? actual[name] : undefined, scope),
  )
}

function valueOf(expression: string, input: Json, scope: Scope): Json {
  try {
    return evaluateExpression(expression, input, scope)
  } catch (error) {
    if (error instanceof TaskFault) return null
    throw error
  }
}

/**
 * The values that an event has for the filter's correlations, by their names; undefined where one is missing or is not
 * what it must be. `known`: the values that earlier events had. `input`: what `.` is in `expect`.
 */
export function correlate(
  filter: EventFilter,
  event: CloudEvent,
  known: JsonObject,
  { scope, input }: { readonly scope: Scope; readonly input: Json },
): JsonObject | undefined {
  const found: Record<string, Json> = {}
  for (const [name, { from, expect }] of Object.entries(filter.correlate ?? {})) {
    const value = valueOf(from, event, scope)
    if (value === null) return undefined
    const expected = expect === undefined ? known[name] : expectation(expect, input, scope)
    if (expected !== undefined && !sameKey(expected, value)) return undefined
    found[name] = value
  }
  return found
}

function expectation(expect: string, input: Json, scope: Scope): Json {
  return expressionSource(expect) === undefined ? expect : evaluateExpression(expect, input, scope)
}

/** A constant is written as text, also where the event has a number. */
function sameKey(expected: Json, value: Json): boolean {
  if (typeof expected === 'string' && typeof value !== 'object') return expected === String(value)
  return isDeepStrictEqual(expected, value)
}
