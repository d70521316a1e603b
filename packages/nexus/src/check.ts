/**
 * Everything that can be said of a document before it runs: is it valid, is every capability that it asks for
 * provided, are the workflows there that it runs, and does all that it uses run in this version. A run never finds out
 * halfway.
 */
import { primitives } from '@nexus/engine'
import {
  parseWorkflow,
  validateCapabilities,
  type ParsedWorkflow,
  type ParseOptions,
  type Problem,
  type Workflow,
} from '@nexus/workflow'
import { notYetRunning } from './not_yet.ts'
import { collectSubflows, type FoundWorkflow, type WorkflowSource } from './subflows.ts'

export interface CheckedWorkflow {
  /** Present when there is no error. */
  readonly document: Workflow | undefined
  readonly problems: readonly Problem[]
  readonly text: string
  readonly file: string
  /** The texts of the workflows that it runs, however far, by their keys. */
  readonly workflows: Readonly<Record<string, string>>
  /** Where the value at a JSON pointer stands in the text. */
  positionOf: ParsedWorkflow['positionOf']
}

export interface Surroundings {
  /** The capabilities that modules provide in the current generation. */
  readonly provided: readonly string[]
  /** Where the workflows are found that it runs. */
  readonly source: WorkflowSource
}

export function checkWorkflow(
  text: string,
  file: string,
  { provided, source }: Surroundings,
): CheckedWorkflow {
  const check = (found: FoundWorkflow): ParsedWorkflow =>
    checkAlone(found.text, { file: found.file }, provided)
  const parsed = check({ text, file })
  const subflows = collectSubflows(parsed, source, check)
  const problems = [...parsed.problems, ...subflows.problems]
  return {
    document: hasErrors(problems) ? undefined : parsed.document,
    problems,
    text,
    file,
    workflows: subflows.workflows,
    positionOf: (pointer) => parsed.positionOf(pointer),
  }
}

/** All but the workflows that it runs. Without a document where something is wrong. */
export function checkAlone(text: string, options: ParseOptions, provided: readonly string[]): ParsedWorkflow {
  const { document, ...parsed } = parseWorkflow(text, options)
  if (!document) return parsed
  const known = [...Object.keys(primitives), ...provided].toSorted()
  const names = new Set(known)
  const whole = { ...parsed, document }
  const problems = [
    ...parsed.problems,
    ...validateCapabilities(whole, (name) => names.has(name), known),
    ...notYetRunning(whole),
  ]
  return { ...parsed, problems, ...(!hasErrors(problems) && { document }) }
}

function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error')
}
