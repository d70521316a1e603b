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
 * primitives; `known` are the names to choose from in messages; `wouldProvide` says who would provide one and cannot.
 */
export function validateCapabilities(
  parsed: ParsedWorkflow,
  isProvided: (capability: string) => boolean,
  known: readonly string[],
  wouldProvide: (capability: string) => string | undefined = () => undefined,
): Problem[] {
  const { document } = parsed
  if (!document) return []
  const names = [...known, ...Object.keys(document.use?.functions ?? {})]
  return [...everyTaskOf(document)]
    .filter(({ capability }) => !isFunction(document, capability) && !isProvided(capability))
    .map((entry) => problemOf(entry, parsed, { names, wouldProvide }))
}

function isFunction(document: Workflow, capability: string): boolean {
  return resolveFunction(document, capability) !== undefined
}

interface Choice {
  readonly names: readonly string[]
  readonly wouldProvide: (capability: string) => string | undefined
}

function problemOf(entry: TaskEntry, parsed: ParsedWorkflow, { names, wouldProvide }: Choice): Problem {
  const { capability, name, kind, reference } = entry
  const pointer = memberPointer(reference, kind)
  const near = nearest(capability, names)
  const search = 'See what is here with: nexus modules list'
  const who = wouldProvide(capability)
  const told =
    who === undefined
      ? `No module provides \`${capability}\` (task \`${name}\`).`
      : `Nobody can do task \`${name}\`: ${who}`
  const hint =
    near === undefined ? `Provided: ${nameList(names)}. ${search}` : `Did you mean \`${near}\`? ${search}`
  return {
    severity: 'error',
    code: 'unknown_capability',
    message: told,
    hint: who === undefined ? hint : search,
    pointer,
    ...parsed.positionOf(pointer, kind === 'call' ? 'value' : 'key'),
  }
}
