/**
 * What a name means at a place in the program: a linked list, innermost first.
 *
 * A parameter of an inlined function is a *thunk*: the caller's syntax with the caller's names, resolved again at
 * each place where the parameter is used.
 */
import type { Definition, Node } from '../syntax/ast.ts'
import type { Value } from '../values/value.ts'
import type { Routine } from './ops.ts'

export type Entry =
  | { kind: 'variable' | 'label'; name: string; depth: number }
  | { kind: 'parameter'; name: string; depth: number }
  | { kind: 'global'; name: string; index: number }
  | { kind: 'constant'; name: string; value: Value }
  | { kind: 'thunk'; name: string; node: Node; names: Names | undefined }
  | { kind: 'function'; name: string; arity: number; definition: Definition; depth: number }
  /** A module's function under the importer's name for it; `at` is where it stands in its own module. */
  | { kind: 'foreign'; name: string; arity: number; at: Names | undefined }
  | { kind: 'routine'; name: string; arity: number; routine: Routine }

export type FunctionEntry = Extract<Entry, { kind: 'function' }>

export interface Names {
  readonly entry: Entry
  readonly up: Names | undefined
}

export function withEntry(up: Names | undefined, entry: Entry): Names {
  return { entry, up }
}

export function findVariable(names: Names | undefined, name: string) {
  for (let at = names; at !== undefined; at = at.up) {
    const entry = at.entry
    if (
      (entry.kind === 'variable' || entry.kind === 'global' || entry.kind === 'constant') &&
      entry.name === name
    )
      return entry
  }
  return undefined
}

export function findLabel(names: Names | undefined, name: string) {
  for (let at = names; at !== undefined; at = at.up) {
    if (at.entry.kind === 'label' && at.entry.name === name) return at.entry
  }
  return undefined
}

export interface Callable {
  entry: Extract<Entry, { kind: 'function' | 'routine' | 'thunk' | 'parameter' }>
  names: Names | undefined
}

/** The function, routine or parameter that a call names, with the names that were visible where it was made. */
export function findCallable(names: Names | undefined, name: string, arity: number): Callable | undefined {
  for (let at = names; at !== undefined; at = at.up) {
    const entry = at.entry
    if (entry.name !== name) continue
    if (entry.kind === 'foreign') {
      const own = entry.at?.entry
      if (entry.arity === arity && (own?.kind === 'function' || own?.kind === 'routine'))
        return { entry: own, names: entry.at }
    } else if (entry.kind === 'function' || entry.kind === 'routine') {
      if (entry.arity === arity) return { entry, names: at }
    } else if ((entry.kind === 'thunk' || entry.kind === 'parameter') && arity === 0)
      return { entry, names: at }
  }
  return undefined
}
