/** Reads a `fork` as the specification writes it. It runs nothing. */
import { isJsonObject, TaskFault, type Json } from '@nexus/sdk'
import { readList, type Entry } from '../list.ts'

export interface Fork {
  readonly branches: readonly Entry[]
  /** The first branch to complete wins. */
  readonly compete: boolean
}

export function readFork(definition: Json): Fork {
  const { branches, compete } = forkOf(definition)
  const list = readList(branches, '/fork/branches', 'branch')
  if (!list) throw TaskFault.of('configuration', 'A `fork` task needs a list of branches.')
  return { branches: list, compete: compete === true }
}

function forkOf(definition: Json): { readonly [key: string]: Json } {
  const fork = isJsonObject(definition) ? definition['fork'] : undefined
  return fork !== undefined && isJsonObject(fork) ? fork : {}
}
