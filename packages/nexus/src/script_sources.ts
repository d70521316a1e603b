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
    if (source)
      return [[reference, { file: endpointOf(source.endpoint).uri, line: 1, exact: true, column: 1 }]]
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
  if (isLiteral) {
    const column = columnOf(text.slice(start.offset), code)
    return { file, line: start.line + 1, exact: true, ...(column !== undefined && { column }) }
  }
  return { file, line: start.line, exact: start.line === end.line && !code.includes('\n') }
}

/** A literal block is indented alike in all of its lines; the first that is not blank tells how far. */
function columnOf(block: string, code: string): number | undefined {
  const lines = code.split('\n')
  const at = lines.findIndex((line) => line.trim() !== '')
  const [own = '', written = ''] = [lines[at], block.split(/\r?\n/, at + 2)[at + 1]]
  return own !== '' && written.endsWith(own) ? written.length - own.length + 1 : undefined
}
