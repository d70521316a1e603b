/**
 * What a document may say but this version does not do yet. It is refused before a run starts, with its position;
 * nothing is ever silently left out.
 */
import { tasksOf, type ParsedWorkflow, type Problem, type Workflow } from '@nexus/workflow'

/** Keys of `use`. */
const ofUse: Readonly<Record<string, string>> = {
  catalogs: 'Catalogs',
}

export function notYetRunning(parsed: ParsedWorkflow): readonly Problem[] {
  const { document } = parsed
  if (!document) return []
  const found = [...inDocument(document), ...inTasks(document)]
  return found.map(({ pointer, what }) => ({
    severity: 'error',
    code: 'not_yet_running',
    message: `${what} do not run in this version of Nexus yet.`,
    pointer,
    ...parsed.positionOf(pointer),
  }))
}

interface Found {
  readonly pointer: string
  readonly what: string
}

function inDocument(document: Workflow): readonly Found[] {
  const { use = {}, evaluate = {}, input, output } = document
  return [
    ...keysIn(use, ofUse, '/use'),
    ...(evaluate.language !== undefined && evaluate.language !== 'jq'
      ? [{ pointer: '/evaluate/language', what: `Expressions in ${String(evaluate.language)}` }]
      : []),
    ...externalSchema(input, '/input'),
    ...externalSchema(output, '/output'),
  ]
}

function inTasks(document: Workflow): readonly Found[] {
  return [...tasksOf(document)].flatMap(({ task, reference }) => [
    ...externalSchema(task.input, `${reference}/input`),
    ...externalSchema(task.output, `${reference}/output`),
    ...externalSchema(task.export, `${reference}/export`),
  ])
}

function keysIn(holder: object, names: Readonly<Record<string, string>>, base: string): readonly Found[] {
  return Object.entries(names).flatMap(([key, what]) =>
    key in holder ? [{ pointer: `${base}/${key}`, what }] : [],
  )
}

function externalSchema(rule: { schema?: object } | undefined, pointer: string): readonly Found[] {
  const { schema } = rule ?? {}
  return schema && 'resource' in schema
    ? [{ pointer: `${pointer}/schema/resource`, what: 'Schemas in external resources' }]
    : []
}
