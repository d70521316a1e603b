/** A graph as text for people: Mermaid, DOT, or a tree. */
import { TaskFault, type Json } from '@nexus/sdk'
import type { Graph } from '../analyze.ts'
import { dot } from './dot.ts'
import { mermaid } from './mermaid.ts'
import { tree } from './tree.ts'

const formats: Readonly<Record<string, (graph: Graph) => string>> = { mermaid, dot, tree }

export function viewOf(graph: Graph, format: Json = 'tree'): string {
  const draw = typeof format === 'string' && Object.hasOwn(formats, format) ? formats[format] : undefined
  if (draw) return draw(graph)
  throw TaskFault.of(
    'validation',
    `There is no format ${JSON.stringify(format)}. Wanted: mermaid, dot or tree.`,
  )
}
