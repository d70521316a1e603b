/**
 * From text to a workflow document, or to problems with their positions. Never throws and never hangs, whatever the
 * text holds: size, depth and number of parts are bounded. Reading no file and no network is part of the contract.
 */
import type { Json } from '@nexus/sdk'
import type { Position, Problem } from './positions.ts'
import type { Workflow } from './schema/index.ts'
import { Lines } from './source/lines.ts'
import { Locator } from './source/locate.ts'
import { readYaml } from './source/read_yaml.ts'
import { Report, TooManyProblems } from './source/report.ts'
import { toJson } from './source/to_json.ts'
import { validateDocument } from './validate.ts'

export interface ParsedWorkflow {
  /** Only when there is no error. */
  readonly document?: Workflow
  /** In the order of the file; warnings too. */
  readonly problems: readonly Problem[]
  /** Where the value at a JSON pointer stands, or its key; the nearest part around it when there is none. */
  positionOf(pointer: string, part?: 'key' | 'value'): { readonly start: Position; readonly end: Position }
  readonly text: string
  readonly file: string
}

export interface ParseOptions {
  /** Only a name for messages. */
  readonly file?: string
  /** Variables that every expression sees besides the standard ones, without `$`. */
  readonly variables?: readonly string[]
}

/** Reads YAML or JSON. */
export function parseWorkflow(source: string, options: ParseOptions = {}): ParsedWorkflow {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source
  const report = new Report(new Lines(text))
  const value = guarded(text, report, options)
  return {
    ...(report.hasErrors || value === undefined ? {} : { document: value as unknown as Workflow }),
    problems: report.problems,
    positionOf: (pointer, part) => report.span(pointer, part),
    text,
    file: options.file ?? 'workflow.yaml',
  }
}

/** A mistake of ours in here must not take the caller down: it is reported as a problem of the document. */
function guarded(text: string, report: Report, options: ParseOptions): Json | undefined {
  try {
    return read(text, report, options)
  } catch (error) {
    if (error instanceof TooManyProblems) return undefined
    const reason = error instanceof Error ? error.message : String(error)
    report.at(0, 1, { code: 'unreadable', message: `The document could not be read: ${reason}` })
    return undefined
  }
}

function read(text: string, report: Report, { variables }: ParseOptions): Json | undefined {
  const tree = readYaml(text, report)
  if (!tree) return undefined
  const locator = new Locator(tree, text)
  report.locateWith((pointer, part) => locator.range(pointer, part))
  const value = toJson(tree.contents, report)
  if (report.hasErrors) return undefined
  validateDocument(value, locator, report, variables)
  return value
}
