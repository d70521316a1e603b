/** Reads a `for` as the specification writes it. It evaluates nothing and runs nothing. */
import { isJsonObject, TaskFault, type Json } from '@nexus/sdk'

export interface Loop {
  /** An expression that gives the items, or the items themselves, in which expressions may stand. */
  readonly in: string | readonly Json[]
  /** The variable that holds the item. */
  readonly each: string
  /** The variable that holds its index, from 0. */
  readonly at: string
  /** The condition of each iteration. */
  readonly while: string | undefined
}

export function readLoop(definition: Json): Loop {
  const { for: head, while: condition } = isJsonObject(definition) ? definition : {}
  if (!isJsonObject(head)) throw wrong('A `for` task says what it goes through: `for: {in: .items}`.')
  const { in: items, each = 'item', at = 'index' } = head
  if (typeof items !== 'string' && !isList(items)) {
    throw wrong('`in` of a loop must be an expression that gives a list, or a list.')
  }
  if (typeof each !== 'string') throw wrong('`each` of a loop must be the name of a variable.')
  if (typeof at !== 'string') throw wrong('`at` of a loop must be the name of a variable.')
  if (condition !== undefined && typeof condition !== 'string') {
    throw wrong('`while` of a loop must be an expression.')
  }
  return { in: items, each, at, while: condition }
}

function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

function wrong(detail: string): TaskFault {
  return TaskFault.of('configuration', detail)
}
