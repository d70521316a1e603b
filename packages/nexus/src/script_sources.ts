/**
 * Where the scripts of a document stand: the file and the line of each, by the reference of its task, so that what goes
 * wrong in a script is told with the line that its author wrote. Small, since it is kept where the text's tree is not.
 */
import type { SourcePlace } from '@nexus/sdk'
import { everyTaskOf, type ParsedWorkflow, type Script, type Task, type Workflow } from '@nexus/workflow'
import { endpointOf } from './resources/sites.ts'

export type ScriptSources = ReadonlyMap<string, SourcePlace>

interface Read {
  readonly file: string
  /** As the file has it. */
  readonly text: string
  readonly document: Workflow
  readonly positionOf: ParsedWorkflow['positionOf']
}

/** `whole`: the document with what it needs from outside written into it, where that is another. */
export function scriptSources(read: Read, whole: Workflow = read.document): ScriptSources {
  const written = new Map([...everyTaskOf(read.document)].map(({ task, reference }) => [reference, task]))
  const places = [...everyTaskOf(whole)].flatMap(({ task, reference }): [string, SourcePlace][] => {
    if (scriptOf(task)?.code === undefined) return []
    const source = scriptOf(written.get(reference))?.source
    // A script that stands in a file of its own, beside the document.
    if (source) return [[reference, { file: endpointOf(source.endpoint).uri, line: 1, exact: true }]]
    return [[reference, placeOf(read, `${reference}/run/script/code`, scriptOf(task)?.code ?? '')]]
  })
  return new Map(places)
}

function scriptOf(task: Task | undefined): Script | undefined {
  return task && 'run' in task ? task.run.script : undefined
}

/** A literal block keeps its lines; of other texts with several lines only the first is known. */
function placeOf({ file, text, positionOf }: Read, pointer: string, code: string): SourcePlace {
  const { start, end } = positionOf(pointer)
  const isLiteral = text[start.offset] === '|'
  if (isLiteral) return { file, line: start.line + 1, exact: true }
  return { file, line: start.line, exact: start.line === end.line && !code.includes('\n') }
}
