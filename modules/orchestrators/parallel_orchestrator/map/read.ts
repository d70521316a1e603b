/** Reads a `nexus.map` call. It evaluates nothing and runs nothing. */
import { isJsonObject, TaskFault, type Json } from '@nexus/sdk'
import { isList } from '../list.ts'

export interface Mapping {
  /** An expression that gives the items, or the items themselves, in which expressions may stand. */
  readonly in: string | readonly Json[]
  /** The variable that holds the item. */
  readonly each: string
  /** The variable that holds its index, from 0. */
  readonly at: string
  /** A number, or an expression that gives one. */
  readonly concurrency: Json | undefined
  /** How many items must complete. */
  readonly join: 'all' | number
}

export function readMap(definition: Json): Mapping {
  const call = isJsonObject(definition) ? definition['with'] : undefined
  const {
    in: items,
    each = 'item',
    at = 'index',
    do: list,
    concurrency,
    join = 'all',
  } = call !== undefined && isJsonObject(call) ? call : {}
  if (typeof items !== 'string' && !isList(items)) {
    throw wrong('`in` of a `nexus.map` must be an expression that gives a list, or a list.')
  }
  if (typeof each !== 'string') throw wrong('`each` of a `nexus.map` must be the name of a variable.')
  if (typeof at !== 'string') throw wrong('`at` of a `nexus.map` must be the name of a variable.')
  if (!isList(list)) throw wrong('A `nexus.map` needs a list of tasks, `do`.')
  return { in: items, each, at, concurrency, join: readJoin(join) }
}

function readJoin(join: Json): 'all' | number {
  if (join === 'all') return join
  if (join === 'any') return 1
  const count = isJsonObject(join) ? join['count'] : undefined
  if (typeof count === 'number' && Number.isInteger(count) && count >= 1) return count
  throw wrong('`join` of a `nexus.map` must be all, any, or {count: n} with a whole number from 1.')
}

function wrong(detail: string): TaskFault {
  return TaskFault.of('configuration', detail)
}
