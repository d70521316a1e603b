/** A tree for a terminal: the levels of a list one after another, what each task waits for and why, inner lists below it. */
import type { Graph, Task } from '../analyze.ts'
import { visible } from './drawn.ts'
import { lastOf } from './mermaid.ts'

export function tree(graph: Graph): string {
  const cycles = graph.cycles.map((cycle) => `circle: ${[...cycle, cycle[0] ?? ''].map(visible).join(' → ')}`)
  const path = graph.critical_path.map(visible).join(' → ')
  const end = graph.tasks.length === 0 ? ['nothing to do'] : [`critical path: ${path} (${graph.length})`]
  return `${[...levels(graph, ''), ...cycles, ...end].join('\n')}\n`
}

function levels(graph: Graph, indent: string): readonly string[] {
  const tasks = new Map(graph.tasks.map((task) => [task.name, task]))
  const reasons = reasonsOf(graph)
  return graph.levels.flatMap((names, level) =>
    names.flatMap((name) => {
      const task = tasks.get(name)
      return task ? [line(task, level, reasons.get(name) ?? [], indent), ...innerLines(task, indent)] : []
    }),
  )
}

function line({ name, kind }: Task, level: number, reasons: readonly string[], indent: string): string {
  const waits = reasons.length === 0 ? '' : `  ← ${reasons.join(' | ')}`
  return `${indent}${level + 1}. ${visible(name)} (${visible(kind)})${waits}`
}

function innerLines({ inner = [] }: Task, indent: string): readonly string[] {
  return inner.flatMap((list) => [
    `${indent}   ${visible(lastOf(list.pointer ?? ''))}:`,
    ...levels(list, `${indent}     `),
  ])
}

/** Of each task the edges that are left of those to it, with their reasons. */
function reasonsOf({ edges, reduced }: Graph): ReadonlyMap<string, readonly string[]> {
  const why = new Map(edges.map((edge) => [JSON.stringify([edge.from, edge.to]), edge.why]))
  const reasons = new Map<string, string[]>()
  for (const { from, to } of reduced) {
    const reason = `${visible(from)} (${visible(why.get(JSON.stringify([from, to])) ?? '')})`
    const known = reasons.get(to)
    if (known) known.push(reason)
    else reasons.set(to, [reason])
  }
  return reasons
}
