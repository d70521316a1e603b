/** The edges of a list of tasks: what `after` says, what they mention, what flows between them, what they share. */
import { isJsonObject, nearest, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import type { Facts } from '../facts/entry.ts'
import type { Read } from '../facts/read.ts'
import { Accesses, type Tie } from './access.ts'
import { Digraph } from './digraph.ts'
import { writersFirst } from './order.ts'

export function connect(list: Read, edgesMax: number): Digraph {
  const graph = new Digraph(list.facts.length, edgesMax)
  const places = new Map(list.facts.map(({ name }, index) => [name, index]))
  ties(graph, list.after, places)
  mention(graph, list, places)
  if (list.order === 'branches') return graph
  if (list.order === 'list') flow(graph, list.facts, places)
  const order = list.order === 'list' ? list.facts.keys() : writersFirst(graph, list.facts)
  share(graph, list.facts, order)
  return graph
}

/** What `after` says. Throws a `TaskFault` for names that nobody has. */
export function ties(graph: Digraph, after: JsonObject, places: ReadonlyMap<string, number>): void {
  for (const [name, needed] of Object.entries(after)) {
    const to = placeOf(name, places, '`after`')
    for (const other of namesIn(needed, name))
      graph.add(placeOf(other, places, `\`after.${name}\``), to, 'after: it is said to come after it')
  }
}

function namesIn(needed: Json, name: string): readonly string[] {
  const list: readonly Json[] = Array.isArray(needed) ? needed : [needed]
  return list.map((other) => {
    if (typeof other === 'string') return other
    throw TaskFault.of(
      'validation',
      `\`after.${name}\` has ${JSON.stringify(other)}; names of tasks are wanted.`,
    )
  })
}

function placeOf(name: string, places: ReadonlyMap<string, number>, where: string): number {
  const place = places.get(name)
  if (place !== undefined) return place
  const near = nearest(name, places.keys())
  const hint = near === undefined ? `There are ${places.size} others.` : `Did you mean "${near}"?`
  throw TaskFault.of('validation', `No task is called ${JSON.stringify(name)}; ${where} names it. ${hint}`)
}

function mention(graph: Digraph, { facts, after, order }: Read, places: ReadonlyMap<string, number>): void {
  for (const [to, { name, mentions }] of facts.entries()) {
    const listed =
      order === 'graph' && isJsonObject(after) && Object.hasOwn(after, name) ? after[name] : undefined
    const isListed = (other: string): boolean =>
      listed === undefined || (Array.isArray(listed) && (listed as Json[]).includes(other))
    for (const mentioned of mentions) {
      const from = places.get(mentioned)
      const left = isListed(mentioned) ? '' : ', which its `after` leaves out'
      if (from !== undefined) graph.add(from, to, `data: reads ${member('$tasks', mentioned)}${left}`)
    }
  }
}

/** What flows along a list: outputs that become inputs, and where `then` and its like decide what runs. */
function flow(graph: Digraph, facts: readonly Facts[], places: ReadonlyMap<string, number>): void {
  let fence = -1
  for (const [index, { readsInput, passesInput, jumps, fence: own }] of facts.entries()) {
    const before = facts[index - 1]
    if (before?.fallsThrough && (readsInput || passesInput))
      graph.add(
        index - 1,
        index,
        readsInput ? 'input: reads what it gives' : 'input: may pass on what it gives',
      )
    if (fence >= 0)
      graph.add(fence, index, `control: waits for ${facts[fence]?.kind ?? 'it'} to decide or end`)
    if (own === 'both')
      for (let other = fence + 1; other < index; other++) graph.add(other, index, 'control: ends before it')
    if (own !== 'none') fence = index
    for (const target of jumps) {
      const to = places.get(target)
      if (to !== undefined) graph.add(index, to, 'control: goes on with it')
    }
  }
}

/** What tasks read and write together: members of the context, files, tables, addresses. */
function share(graph: Digraph, facts: readonly Facts[], order: Iterable<number>): void {
  const context = new Accesses(tie(graph, (key) => (key === '*' ? '$context' : member('$context', key))))
  const resources = new Accesses(tie(graph, (key) => key.replace(':', ' ')))
  for (const index of order) {
    const task = facts[index]
    if (!task) continue
    for (const key of task.contextReads) if (key === '*') context.readAll(index)
    for (const key of task.contextReads) if (key !== '*') context.read(key, index)
    for (const { keys, replaces } of task.contextWrites) {
      if (replaces || keys === undefined) context.writeAll(index)
      for (const key of keys ?? []) context.write(key, index)
    }
    for (const resource of task.resourceReads) resources.read(resource, index)
    for (const resource of task.resourceWrites) resources.write(resource, index)
  }
}

function tie(graph: Digraph, shown: (key: string) => string): Tie {
  return (from, to, why, key) => {
    const what = shown(key)
    if (why === 'read') graph.add(from, to, `data: reads ${what}, which it writes`)
    else if (why === 'write') graph.add(from, to, `data: writes ${what}, which it writes too`)
    else graph.add(from, to, `data: writes ${what}, which it reads before`)
  }
}

export function member(holder: string, key: string): string {
  return /^[A-Za-z_]\w*$/.test(key) ? `${holder}.${key}` : `${holder}[${JSON.stringify(key)}]`
}
