/** Mermaid's flowchart. Labels are quoted, and every sign that means something to Mermaid or to HTML is a number. */
import type { Graph } from '../analyze.ts'
import { drawn, sortOf, visible, type Drawn } from './drawn.ts'

export function mermaid(graph: Graph): string {
  return `flowchart TD\n${body(drawn(graph), '  ').join('\n')}\n`
}

function body({ nodes, edges }: Drawn, indent: string): readonly string[] {
  return [
    ...nodes.flatMap(({ id, task, inner }) => {
      const label = quoted(`${task.name} (${task.kind})`)
      if (inner.length === 0) return [`${indent}${id}[${label}]`]
      const lists = inner.flatMap((list, at) =>
        inner.length === 1
          ? body(list, `${indent}  `)
          : [
              `${indent}  subgraph ${id}_${at}[${quoted(lastOf(list.pointer))}]`,
              ...body(list, `${indent}    `),
              `${indent}  end`,
            ],
      )
      return [`${indent}subgraph ${id}[${label}]`, ...lists, `${indent}end`]
    }),
    ...edges.map(({ from, to, why }) => `${indent}${from} -->|${sortOf(why)}| ${to}`),
  ]
}

export function lastOf(pointer: string): string {
  return pointer.split('/').at(-1) ?? ''
}

/** Not even a colon stays: Mermaid takes the last `;` from a line in which `style` stands before `:` and `#`. */
function quoted(text: string): string {
  return `"${visible(text).replaceAll(/[^\p{L}\p{N} ().,/_-]/gu, (sign) => `#${sign.codePointAt(0)};`)}"`
}
