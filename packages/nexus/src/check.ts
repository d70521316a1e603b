/**
 * Everything that can be said of a document before it runs and without the network: is it valid, is every capability
 * that it asks for provided, are the workflows there that it runs. A run never finds out halfway.
 */
import { primitives } from '@nexus/engine'
import type { SourcePlace } from '@nexus/sdk'
import {
  parseWorkflow,
  validateCapabilities,
  type ParsedWorkflow,
  type ParseOptions,
  type Problem,
  type Workflow,
} from '@nexus/workflow'
import { checkInputs, type InputSchemas } from './check_inputs.ts'
import { readFunctionName } from './resources/function_name.ts'
import { collectSubflows, type FoundWorkflow, type WorkflowSource } from './subflows.ts'

export interface CheckedWorkflow {
  /** Present when there is no error. */
  readonly document: Workflow | undefined
  readonly problems: readonly Problem[]
  readonly text: string
  readonly file: string
  /** The folder of its file, for what it names beside it. */
  readonly base: string | undefined
  /** The texts of the workflows that it runs, however far, by their keys. */
  readonly workflows: Readonly<Record<string, string>>
  /** Texts of workflows that it may run, which were handed in with it. */
  readonly others: readonly string[]
  /** Whether all that it needs from outside is in its text and those of its workflows. */
  readonly complete: boolean
  /** Where the code of its script tasks stands, by their references; of what is complete, as it was before. */
  readonly sources?: Readonly<Record<string, SourcePlace>>
  /** Where the value at a JSON pointer stands in the text. */
  positionOf: ParsedWorkflow['positionOf']
}

/** Who does what. */
export interface Providers {
  /** The capabilities that modules provide in the current generation. */
  readonly provided: readonly string[]
  /** Which module would provide a capability and does not run, and why not; undefined where none would. */
  readonly wouldProvide: (capability: string) => string | undefined
}

export interface Surroundings extends Providers {
  /** Another one whenever the capabilities may be others. */
  readonly generation: number
  /** What a capability takes, as whoever provides it says. */
  readonly inputSchemas: InputSchemas
  /** Where the workflows are found that it runs. */
  readonly source: WorkflowSource
  /** Why a capability cannot be had here and now, although a module provides it. */
  readonly unavailable: (capability: string) => Promise<string | undefined>
}

export function checkWorkflow(
  whole: FoundWorkflow,
  { inputSchemas, source, ...providers }: Surroundings,
  others: readonly string[],
): CheckedWorkflow {
  const { text, file, base } = whole
  const check = (found: FoundWorkflow): ParsedWorkflow =>
    withInputs(checkAlone(found.text, { file: found.file }, providers), inputSchemas)
  const parsed = check(whole)
  const subflows = collectSubflows(parsed, source, check)
  const problems = [...parsed.problems, ...subflows.problems]
  const texts = Object.entries(subflows.found).map(([key, found]): [string, string] => [key, found.text])
  return {
    document: hasErrors(problems) ? undefined : parsed.document,
    problems,
    text,
    file,
    base,
    workflows: Object.fromEntries(texts),
    others,
    complete: false,
    positionOf: (pointer, part) => parsed.positionOf(pointer, part),
  }
}

/** All but the workflows that it runs. Without a document where something is wrong. */
export function checkAlone(text: string, options: ParseOptions, providers: Providers): ParsedWorkflow {
  return checkCapabilities(parseWorkflow(text, options), providers)
}

/** A document that was kept is not asked this again: a module may take something else by then. */
function withInputs(parsed: ParsedWorkflow, inputSchemas: InputSchemas): ParsedWorkflow {
  const wrong = checkInputs(parsed, inputSchemas)
  if (wrong.length === 0) return parsed
  const { document: _document, ...rest } = parsed
  return { ...rest, problems: [...parsed.problems, ...wrong] }
}

/** Functions that stand elsewhere are looked for when the document is completed. */
export function checkCapabilities(
  parsed: ParsedWorkflow,
  { provided, wouldProvide }: Providers,
): ParsedWorkflow {
  const known = [...Object.keys(primitives), ...provided].toSorted()
  const names = new Set(known)
  const isThere = (name: string): boolean => names.has(name) || readFunctionName(name).kind !== 'other'
  const problems = [...parsed.problems, ...validateCapabilities(parsed, isThere, known, wouldProvide)]
  const { document, ...rest } = parsed
  return { ...rest, problems, ...(document && !hasErrors(problems) && { document }) }
}

export function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error')
}
