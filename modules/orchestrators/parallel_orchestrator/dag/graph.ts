/**
 * The graph of a `nexus.dag`: which task needs which. A task's dependencies are those that `after` gives it; where
 * `after` does not name the task, those that its definition mentions. Pure; linear in tasks and dependencies.
 */
import { nearest, TaskFault } from '@nexus/sdk'
import { mentionsIn } from './mentions.ts'
import type { Dag } from './read.ts'

export interface Node {
  readonly index: number
  readonly name: string
  /** The nodes that must have ended before it begins. */
  readonly needs: readonly Node[]
  readonly neededBy: readonly Node[]
  /** The length of the longest chain of tasks behind it. Where places are few, long chains go first. */
  readonly height: number
}

/** Throws a `TaskFault` of type configuration for names that nobody has, and for a cycle, which it prints. */
export function graphOf(dag: Dag): readonly Node[] {
  const nodes = new Map<string, MutableNode>()
  for (const { index, name } of dag.tasks)
    nodes.set(name, { index, name, needs: [], neededBy: [], height: 0 })
  refuseUnknown(dag.after.keys(), nodes, '`after` names it')
  for (const { name, task } of dag.tasks) {
    const given = dag.after.get(name)
    const needed = given ?? mentionsIn(task)
    refuseUnknown(needed, nodes, given ? `\`after.${name}\` names it` : `task "${name}" mentions it`)
    connect(nodes, name, new Set(needed))
  }
  const ordered = inOrder([...nodes.values()])
  for (const node of ordered.toReversed()) {
    for (const { height } of node.neededBy) node.height = Math.max(node.height, height + 1)
  }
  return [...nodes.values()]
}

/**
 * Tasks mentioned where `after` does not list them: what they mention is not there for them. A mention can be a mere
 * text, so this is worth a warning and no more.
 */
export function mentionsLeftOut(dag: Dag): readonly { task: string; mentioned: string }[] {
  return dag.tasks.flatMap(({ name, task }) => {
    const given = dag.after.get(name)
    if (!given) return []
    return [...mentionsIn(task)]
      .filter((mentioned) => !given.includes(mentioned))
      .map((mentioned) => ({ task: name, mentioned }))
  })
}

interface MutableNode extends Node {
  readonly needs: MutableNode[]
  readonly neededBy: MutableNode[]
  height: number
}

function connect(nodes: ReadonlyMap<string, MutableNode>, name: string, needed: ReadonlySet<string>): void {
  const node = nodes.get(name)
  for (const other of needed) {
    const need = nodes.get(other)
    if (!node || !need) continue
    node.needs.push(need)
    need.neededBy.push(node)
  }
}

function refuseUnknown(
  names: Iterable<string>,
  nodes: ReadonlyMap<string, MutableNode>,
  where: string,
): void {
  for (const name of names) {
    if (nodes.has(name)) continue
    const near = nearest(name, nodes.keys())
    const hint = near === undefined ? `Tasks: ${shown([...nodes.keys()])}.` : `Did you mean "${near}"?`
    throw TaskFault.of('configuration', `A \`nexus.dag\` has no task "${name}"; ${where}. ${hint}`)
  }
}

/** Each node behind all that it needs. Throws where some wait for each other. */
function inOrder(nodes: readonly MutableNode[]): readonly MutableNode[] {
  const missing = nodes.map(({ needs }) => needs.length)
  const ordered = nodes.filter(({ needs }) => needs.length === 0)
  // The list grows while it is gone through.
  for (const { neededBy } of ordered) {
    for (const node of neededBy) {
      const left = (missing[node.index] ?? 0) - 1
      missing[node.index] = left
      if (left === 0) ordered.push(node)
    }
  }
  if (ordered.length < nodes.length) throw cycleAmong(nodes.filter(({ index }) => (missing[index] ?? 0) > 0))
  return ordered
}

/** Each of the stuck needs another of them, so that going from need to need comes round. */
function cycleAmong(stuck: readonly Node[]): TaskFault {
  const waiting = new Set(stuck)
  const trail = new Set<Node>()
  let node = stuck[0]
  while (node && !trail.has(node)) {
    trail.add(node)
    node = node.needs.find((need) => waiting.has(need))
  }
  const round = [...trail].slice(node ? [...trail].indexOf(node) : 0)
  const names = [...round, ...round.slice(0, 1)].map(({ name }) => name)
  return TaskFault.of(
    'configuration',
    `These tasks of a \`nexus.dag\` wait for each other: ${names.join(' → ')}. Remove one of the dependencies.`,
  )
}

const namesShownMax = 20

function shown(names: readonly string[]): string {
  const more = names.length > namesShownMax ? `, and ${names.length - namesShownMax} more` : ''
  return names.slice(0, namesShownMax).join(', ') + more
}
