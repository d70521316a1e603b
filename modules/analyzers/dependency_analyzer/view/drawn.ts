/**
 * What a drawing shows of a graph: nodes with numbers of their own, inner graphs in their place, and of the edges those
 * that no others stand for. Names are anybody's text; how they are escaped is the drawing's.
 */
import type { Graph, Task } from '../analyze.ts'

export interface DrawnNode {
  readonly id: string
  readonly task: Task
  readonly inner: readonly Drawn[]
}

export interface Drawn {
  readonly pointer: string
  readonly nodes: readonly DrawnNode[]
  readonly edges: readonly { readonly from: string; readonly to: string; readonly why: string }[]
}

export function drawn(graph: Graph, prefix = 'n'): Drawn {
  const ids = new Map(graph.tasks.map(({ name }, index) => [name, `${prefix}${index}`]))
  const reasons = new Map(graph.edges.map(({ from, to, why }) => [JSON.stringify([from, to]), why]))
  return {
    pointer: graph.pointer ?? '',
    nodes: graph.tasks.map((task) => {
      const id = ids.get(task.name) ?? ''
      return { id, task, inner: (task.inner ?? []).map((inner, at) => drawn(inner, `${id}_${at}_`)) }
    }),
    edges: graph.reduced.map(({ from, to }) => ({
      from: ids.get(from) ?? '',
      to: ids.get(to) ?? '',
      why: reasons.get(JSON.stringify([from, to])) ?? '',
    })),
  }
}

/** The first word of the first reason: after, data, input, control, words. */
export function sortOf(why: string): string {
  return why.split(':', 1)[0] ?? ''
}

/** What a terminal or a parser would take for a command, as its number. */
export function visible(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`,
  )
}
