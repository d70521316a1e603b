/** DOT, the language of Graphviz. Labels are quoted; a list inside a task is a cluster around it. */
import type { Graph } from '../analyze.ts'
import { drawn, sortOf, visible, type Drawn } from './drawn.ts'
import { lastOf } from './mermaid.ts'

export function dot(graph: Graph): string {
  return `digraph plan {\n  node [shape=box];\n${body(drawn(graph), '  ').join('\n')}\n}\n`
}

function body({ nodes, edges }: Drawn, indent: string): readonly string[] {
  return [
    ...nodes.flatMap(({ id, task, inner }) => [
      `${indent}${id} [label=${quoted(`${task.name} (${task.kind})`)}];`,
      ...inner.flatMap((list, at) => [
        `${indent}subgraph cluster_${id}_${at} {`,
        `${indent}  label=${quoted(`${task.name}: ${lastOf(list.pointer)}`)};`,
        ...body(list, `${indent}  `),
        `${indent}}`,
      ]),
    ]),
    ...edges.map(({ from, to, why }) => `${indent}${from} -> ${to} [label=${quoted(sortOf(why))}];`),
  ]
}

/** In DOT a backslash begins an escape; a text that is all label has no others. */
function quoted(text: string): string {
  return `"${visible(text).replaceAll(/["\\]/g, String.raw`\$&`)}"`
}
