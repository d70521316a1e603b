/**
 * Parts of workflows that stand in files of their own: a function of a catalog, a JSON Schema. They are read and
 * checked by the same rules as inside a document, with positions in their own file. Bounded like `parseWorkflow`;
 * never throws, and reads no file and no network.
 */
import type { Json } from '@nexus/sdk'
import type { Document } from 'yaml'
import { checkJsonSchemas } from './checks/json_schema.ts'
import type { ParsedWorkflow } from './parse.ts'
import { memberPointer } from './pointers.ts'
import type { Problem } from './positions.ts'
import type { Task, Workflow } from './schema/index.ts'
import { Lines } from './source/lines.ts'
import { Locator } from './source/locate.ts'
import { readYaml } from './source/read_yaml.ts'
import { Report, TooManyProblems } from './source/report.ts'
import { toJson } from './source/to_json.ts'
import { validateDocument } from './validate.ts'

export interface ParsedPart<Value> extends Pick<ParsedWorkflow, 'positionOf' | 'text' | 'file'> {
  /** Only when there is no error. */
  readonly value?: Value
  /** In the order of the file. Pointers and positions are those of the part. */
  readonly problems: readonly Problem[]
}

export interface TaskOptions {
  /** What the task is called in messages. */
  readonly name: string
  /** The document that uses the task: what it declares in `use` may be named, and its way of evaluation holds. */
  readonly document: Workflow
  /** Only a name for messages. */
  readonly file: string
}

/** Reads YAML or JSON that is one task. */
export function parseTask(source: string, { name, document, file }: TaskOptions): ParsedPart<Task> {
  const pointer = memberPointer('/use/functions', name)
  return parsePart<Task>(source, file, {
    pointer,
    check: (value, locator, report) => validateDocument(around(document, name, value), locator, report),
  })
}

/** Reads YAML or JSON that is one JSON Schema. */
export function parseJsonSchema(source: string, file: string): ParsedPart<Json> {
  return parsePart<Json>(source, file, {
    pointer: '',
    check: (schema, _locator, report) => checkJsonSchemas([{ schema, pointer: '' }], report),
  })
}

interface Rules {
  /** Where the part stands in what is checked. */
  readonly pointer: string
  readonly check: (value: Json, locator: Locator, report: Report) => void
}

function parsePart<Value>(source: string, file: string, rules: Rules): ParsedPart<Value> {
  const text = source.startsWith('\uFEFF') ? source.slice(1) : source
  const report = new Report(new Lines(text))
  const value = guarded(text, report, rules)
  const { pointer: base } = rules
  return {
    ...(report.hasErrors || value === undefined ? {} : { value: value as unknown as Value }),
    problems: report.problems.flatMap((problem) => ownProblem(problem, base)),
    positionOf: (pointer, part) => report.span(base + pointer, part),
    text,
    file,
  }
}

function guarded(text: string, report: Report, { pointer, check }: Rules): Json | undefined {
  try {
    const tree = readYaml(text, report)
    if (!tree) return undefined
    const locator = new PartLocator(tree, text, pointer)
    const value = toJson(tree.contents, report)
    report.locateWith((at, part) => locator.range(at, part))
    if (!report.hasErrors) check(value, locator, report)
    return value
  } catch (error) {
    if (error instanceof TooManyProblems) return undefined
    const reason = error instanceof Error ? error.message : String(error)
    report.at(0, 1, { code: 'unreadable', message: `The file could not be read: ${reason}` })
    return undefined
  }
}

/** The document as if the task stood in it, and nothing else that runs. */
function around({ document, use = {}, evaluate }: Workflow, name: string, task: Json): Json {
  const { extensions: _extensions, ...tables } = use
  return {
    document,
    use: { ...tables, functions: { [name]: task } },
    do: [{ start: { wait: 'PT0S' } }],
    ...(evaluate && { evaluate }),
  }
}

class PartLocator extends Locator {
  readonly #base: string

  constructor(tree: Document.Parsed, text: string, base: string) {
    super(tree, text)
    this.#base = base
  }

  override range(pointer: string, part: 'key' | 'value'): readonly [number, number] {
    return super.range(below(pointer, this.#base) ?? '', part)
  }

  override inside(pointer: string, offset: number): number {
    return super.inside(below(pointer, this.#base) ?? '', offset)
  }
}

function below(pointer: string, base: string): string | undefined {
  const isBelow = pointer === base || pointer.startsWith(`${base}/`)
  return isBelow ? pointer.slice(base.length) : undefined
}

/** In the part's own terms. What is said of the document around it has been said where that was read. */
function ownProblem(problem: Problem, base: string): readonly Problem[] {
  if (problem.code === 'document_empty') {
    const { hint: _hint, ...rest } = problem
    return [{ ...rest, message: 'The file is empty.' }]
  }
  const pointer = below(problem.pointer, base)
  if (pointer !== undefined) return [{ ...problem, pointer }]
  const isOfText = problem.pointer === '' || problem.severity === 'error'
  return isOfText ? [problem] : []
}
