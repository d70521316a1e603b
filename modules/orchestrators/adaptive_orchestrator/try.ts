/** Reads a `try` as the specification writes it. It evaluates nothing and runs nothing. */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'

export interface Catch {
  /** The values that an error must have. */
  readonly filter: JsonObject
  /** The variable that holds the error. */
  readonly as: string
  readonly when: string | undefined
  readonly exceptWhen: string | undefined
  /** A retry policy, or the name of one. */
  readonly retry: JsonObject | string | undefined
  /** Whether there are tasks that handle the error. */
  readonly handles: boolean
  readonly then: string | undefined
}

export function readCatch(definition: Json): Catch {
  const { try: list, catch: clause } = isJsonObject(definition) ? definition : {}
  if (!Array.isArray(list)) throw wrong('A `try` task needs a list of tasks.')
  if (!isJsonObject(clause))
    throw wrong('A `try` task needs a `catch`; an empty one, `catch: {}`, catches all errors.')
  const { errors, retry, do: handler } = clause
  if (retry !== undefined && typeof retry !== 'string' && !isJsonObject(retry)) {
    throw wrong('`catch.retry` must be a retry policy or the name of one in `use.retries`.')
  }
  if (handler !== undefined && !Array.isArray(handler)) throw wrong('`catch.do` must be a list of tasks.')
  return {
    filter: filterOf(errors),
    as: textOf(clause, 'as') ?? 'error',
    when: textOf(clause, 'when'),
    exceptWhen: textOf(clause, 'exceptWhen'),
    retry,
    handles: handler !== undefined,
    then: textOf(clause, 'then'),
  }
}

function filterOf(errors: Json | undefined): JsonObject {
  if (errors === undefined) return {}
  const filter = isJsonObject(errors) ? (errors['with'] ?? {}) : undefined
  if (isJsonObject(filter)) return filter
  throw wrong('`catch.errors` is written as `errors: {with: {type: …, status: …}}`.')
}

function textOf(clause: JsonObject, key: string): string | undefined {
  const value = clause[key]
  if (value === undefined || typeof value === 'string') return value
  throw wrong(`\`catch.${key}\` must be a text.`)
}

function wrong(detail: string): TaskFault {
  return TaskFault.of('configuration', detail)
}
