/**
 * The document that comes out of bundling: what was fetched put into it, and the text that is kept with a run. That
 * text is read once more before anybody relies on it, so that what is accepted can also be read at a restart.
 */
import {
  memberPointer,
  parseWorkflow,
  type ParsedWorkflow,
  type Problem,
  type Task,
  type Workflow,
} from '@nexus/workflow'

/** A parsed document like any other, and what it was made of. Places in what was fetched are those that asked for it. */
export interface BundledWorkflow extends ParsedWorkflow {
  /** What is needed from outside, in the order in which it was asked for. */
  readonly resources: readonly BundledResource[]
  /** To keep with a run: reading it needs nothing from outside. The document's own text where it needs nothing. */
  readonly selfContained: string
}

export interface BundledResource {
  readonly uri: string
  /** The sha-256 of its text, in hex. */
  readonly digest: string
}

export interface Found {
  readonly parsed: ParsedWorkflow
  /** By name, with the pointer of the call that asked for it. */
  readonly functions: ReadonlyMap<string, { readonly task: Task; readonly asked: string }>
  readonly problems: readonly Problem[]
  readonly resources: readonly BundledResource[]
}

export function withFunctions(document: Workflow, found: Found): BundledWorkflow {
  const { parsed, functions, resources } = found
  const text = hasErrors(found.problems) ? undefined : textWithin(wholeDocument(document, functions))
  const again = text === undefined ? undefined : parseWorkflow(text, { file: parsed.file })
  const problems = again?.document || hasErrors(found.problems) ? found.problems : [tooLarge(found, again)]
  return {
    ...(again?.document && { document: again.document }),
    problems: [...parsed.problems, ...problems].toSorted((a, b) => a.start.offset - b.start.offset),
    positionOf: (pointer, part) => {
      const asked = askedFor(pointer, functions)
      return asked === undefined ? parsed.positionOf(pointer, part) : parsed.positionOf(asked)
    },
    text: parsed.text,
    file: parsed.file,
    resources,
    selfContained: text ?? parsed.text,
  }
}

function hasErrors(problems: readonly Problem[]): boolean {
  return problems.some(({ severity }) => severity === 'error')
}

function wholeDocument(document: Workflow, functions: Found['functions']): Workflow {
  if (functions.size === 0) return document
  const tasks = [...functions].map(([name, { task }]): [string, Task] => [name, task])
  const { use } = document
  return { ...document, use: { ...use, functions: { ...use?.functions, ...Object.fromEntries(tasks) } } }
}

/** In UTF-16 units; what is read at most. */
const textMax = 8 * 1024 * 1024

/** The document as JSON; undefined where it is too large, which is told before it is written out. */
function textWithin(document: Workflow): string | undefined {
  let size = 0
  try {
    return JSON.stringify(document, (key, value: unknown) => {
      size += key.length + (typeof value === 'string' ? value.length : 1)
      if (size > textMax) throw new RangeError('The document is too large.')
      return value
    })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function tooLarge({ parsed }: Found, again: ParsedWorkflow | undefined): Problem {
  const why = again?.problems[0]?.message ?? `It would have more than ${textMax} characters.`
  return {
    severity: 'error',
    code: 'bundle_too_large',
    message: `With all that it needs from outside the document cannot be kept: ${why}`,
    pointer: '',
    ...parsed.positionOf(''),
  }
}

function askedFor(pointer: string, functions: Found['functions']): string | undefined {
  for (const [name, { asked }] of functions) {
    const at = memberPointer('/use/functions', name)
    if (pointer === at || pointer.startsWith(`${at}/`)) return asked
  }
  return undefined
}
