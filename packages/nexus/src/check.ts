/**
 * Everything that can be said of a document before it runs: is it valid, is every capability that it asks for
 * provided, and does all that it uses run in this version. A run never finds out halfway.
 */
import { primitives } from '@nexus/engine'
import {
  parseWorkflow,
  validateCapabilities,
  type ParsedWorkflow,
  type Problem,
  type Workflow,
} from '@nexus/workflow'
import { notYetRunning } from './not_yet.ts'

export interface CheckedWorkflow {
  /** Present when there is no error. */
  readonly document: Workflow | undefined
  readonly problems: readonly Problem[]
  readonly text: string
  readonly file: string
  /** Where the value at a JSON pointer stands in the text. */
  positionOf: ParsedWorkflow['positionOf']
}

/** `provided`: the capabilities that modules provide in the current generation. */
export function checkWorkflow(text: string, file: string, provided: readonly string[]): CheckedWorkflow {
  const parsed = parseWorkflow(text, { file })
  const known = [...Object.keys(primitives), ...provided].toSorted()
  const names = new Set(known)
  const problems = parsed.document
    ? [
        ...parsed.problems,
        ...validateCapabilities(parsed, (name) => names.has(name), known),
        ...notYetRunning(parsed),
      ]
    : parsed.problems
  const valid = !problems.some(({ severity }) => severity === 'error')
  return {
    document: valid ? parsed.document : undefined,
    problems,
    text,
    file,
    positionOf: (pointer) => parsed.positionOf(pointer),
  }
}
