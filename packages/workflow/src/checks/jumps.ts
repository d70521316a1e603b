/**
 * Where a task says that the flow goes: its own `then`, those of the cases of a switch, that of a catch.
 */
import { isJsonObject, type Json } from '@nexus/sdk'
import { memberPointer } from '../pointers.ts'
import type { ListedTask } from '../shape/findings.ts'

export interface Jump {
  readonly target: string
  /** Of the `then`. */
  readonly pointer: string
}

export function jumpsOf({ task, pointer }: ListedTask): readonly Jump[] {
  const cases = task['switch']
  const fromCases = Array.isArray(cases) ? jumpsOfCases(cases, memberPointer(pointer, 'switch')) : []
  return [...fromCases, ...jumpOf(task['catch'], memberPointer(pointer, 'catch')), ...jumpOf(task, pointer)]
}

function jumpsOfCases(cases: readonly Json[], pointer: string): Jump[] {
  return cases.flatMap((item, index) => {
    if (!isJsonObject(item)) return []
    const at = memberPointer(pointer, index)
    return Object.entries(item).flatMap(([name, member]) => jumpOf(member, memberPointer(at, name)))
  })
}

function jumpOf(holder: Json | undefined, pointer: string): Jump[] {
  if (holder === undefined || !isJsonObject(holder)) return []
  const target = holder['then']
  return typeof target === 'string' ? [{ target, pointer: memberPointer(pointer, 'then') }] : []
}
