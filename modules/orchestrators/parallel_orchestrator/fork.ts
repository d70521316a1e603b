/** Reads a `fork` as the specification writes it. It runs nothing. */
import { isJsonObject, TaskFault, type Json } from '@nexus/sdk'

export interface Branch {
  readonly index: number
  readonly name: string
}

export interface Fork {
  readonly branches: readonly Branch[]
  /** The first branch to complete wins. */
  readonly compete: boolean
}

export function readFork(definition: Json): Fork {
  const fork = isJsonObject(definition) ? definition['fork'] : undefined
  if (!isJsonObject(fork) || !Array.isArray(fork['branches'])) {
    throw TaskFault.of('configuration', 'A `fork` task needs a list of branches.')
  }
  return { branches: fork['branches'].map(readBranch), compete: fork['compete'] === true }
}

function readBranch(entry: Json, index: number): Branch {
  const [name, ...more] = isJsonObject(entry) ? Object.keys(entry) : []
  if (name !== undefined && more.length === 0) return { index, name }
  const why = 'a branch is written as an object with one key, its name'
  throw TaskFault.of('configuration', `/fork/branches/${index}: ${why}.`)
}
