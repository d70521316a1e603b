/**
 * Whether there is somebody for every task of a document, before a run begins.
 */
import { nearest } from '@nexus/sdk'
import { nameList } from './suggestion.ts'
import type { ParsedWorkflow } from './parse.ts'
import { memberPointer } from './pointers.ts'
import type { Problem } from './positions.ts'
import type { Workflow } from './schema/index.ts'
import { everyTaskOf, resolveFunction, type TaskEntry } from './tasks.ts'

/**
 * A problem for each task whose capability nobody provides. `isProvided` answers for modules and for the engine's own
 * primitives; `known` are the names to choose from in messages.
 */
export function validateCapabilities(
  parsed: ParsedWorkflow,
  isProvided: (capability: string) => boolean,
  known: readonly string[],
): Problem[] {
  const { document } = parsed
  if (!document) return []
  const names = [...known, ...Object.keys(document.use?.functions ?? {})]
  return [...everyTaskOf(document)]
    .filter(({ capability }) => !isFunction(document, capability) && !isProvided(capability))
    .map((entry) => problemOf(entry, parsed, names))
}

function isFunction(document: Workflow, capability: string): boolean {
  return resolveFunction(document, capability) !== undefined
}

function problemOf(entry: TaskEntry, parsed: ParsedWorkflow, names: readonly string[]): Problem {
  const { capability, name, kind, reference } = entry
  const pointer = memberPointer(reference, kind)
  const near = nearest(capability, names)
  const search = 'See what is here with: nexus modules list'
  return {
    severity: 'error',
    code: 'unknown_capability',
    message: `No module provides \`${capability}\` (task \`${name}\`).`,
    hint:
      near === undefined ? `Provided: ${nameList(names)}. ${search}` : `Did you mean \`${near}\`? ${search}`,
    pointer,
    ...parsed.positionOf(pointer, kind === 'call' ? 'value' : 'key'),
  }
}
