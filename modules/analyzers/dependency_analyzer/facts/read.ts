/**
 * Reads a list of tasks into facts and the lists inside them, and sums up what a list needs from around it. Names of a
 * list are there once.
 */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { resourcesOf } from '../resources/resources.ts'
import { contextWriteOf } from './context.ts'
import type { Facts, InnerList, Order } from './entry.ts'
import { usedBy } from './expressions.ts'
import { flowOf } from './flow.ts'
import { innerListsOf, kindOf } from './lists.ts'

export interface Read {
  readonly pointer: string
  readonly order: Order
  readonly after: JsonObject
  readonly facts: readonly Facts[]
  /** The lists inside each task. */
  readonly inner: readonly (readonly Read[])[]
}

/** Lists in lists in lists: nobody writes more. */
const nestingMax = 64

export interface ReadOptions {
  readonly tasksMax: number
}

export function readList(
  list: Pick<InnerList, 'tasks' | 'order' | 'after'>,
  pointer: string,
  options: ReadOptions,
  nesting = 0,
): Read {
  if (nesting > nestingMax) throw refused(`Lists of tasks are nested deeper than ${nestingMax} levels.`)
  if (list.tasks.length > options.tasksMax)
    throw refused(
      `${pointer} has ${list.tasks.length} tasks; at most ${options.tasksMax} are analysed. Split it, or raise max_tasks.`,
    )
  const names = new Set<string>()
  const facts: Facts[] = []
  const inner: Read[][] = []
  for (const [index, entry] of list.tasks.entries()) {
    const [name, task] = entryOf(entry, `${pointer}/${index}`)
    if (names.has(name))
      throw refused(`${pointer}: two tasks are called ${JSON.stringify(name)}. Rename one.`)
    names.add(name)
    const at = `${pointer}/${index}/${escaped(name)}`
    const kind = kindOf(task)
    const lists = innerListsOf(task, kind)
    const reads = lists.map((one) => readList(one, at + one.at, options, nesting + 1))
    facts.push(factsOf({ name, pointer: at, kind, task }, lists, reads))
    inner.push(reads)
  }
  return { pointer, order: list.order, after: list.after, facts, inner }
}

function entryOf(entry: Json, pointer: string): [string, JsonObject] {
  const [[name, task] = [], ...more] = isJsonObject(entry) ? Object.entries(entry) : []
  if (name !== undefined && task !== undefined && isJsonObject(task) && more.length === 0) return [name, task]
  throw refused(`${pointer}: a task is written as an object with one key, its name, which holds the task.`)
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}

function refused(message: string): TaskFault {
  return TaskFault.of('validation', message)
}

function factsOf(
  { name, pointer, kind, task }: { name: string; pointer: string; kind: string; task: JsonObject },
  lists: readonly InnerList[],
  inner: readonly Read[],
): Facts {
  const used = usedBy(task, lists)
  const resources = resourcesOf(task, kind)
  const own = contextWriteOf(isJsonObject(task['export']) ? task['export']['as'] : undefined)
  const below = inner.flatMap(({ facts }) => facts)
  const all = <Value>(mine: Iterable<Value>, of: (facts: Facts) => Iterable<Value>): ReadonlySet<Value> =>
    new Set([...mine, ...below.flatMap((facts) => [...of(facts)])])
  const isFiltered = isJsonObject(task['input']) && task['input']['from'] !== undefined
  const innerReads = inner.some((read, index) => lists[index]?.getsInput === true && listReadsInput(read))
  return {
    name,
    pointer,
    kind,
    readsInput: used.input || (innerReads && !isFiltered),
    mentions: new Set([...used.mentions, ...inner.flatMap(mentionedOutside)]),
    variables: all(used.variables, (facts) => facts.variables).difference(boundBy(task, kind)),
    contextReads: all(used.context, (facts) => facts.contextReads),
    // What is written in a list that may not run, or only in part, takes nothing away.
    contextWrites: [
      ...(own ? [own] : []),
      ...below.flatMap(({ contextWrites }) => contextWrites.map(({ keys }) => ({ keys, replaces: false }))),
    ],
    resourceReads: all(resources.reads, (facts) => facts.resourceReads),
    resourceWrites: all(resources.writes, (facts) => facts.resourceWrites),
    ...flowOf(task, kind),
  }
}

/** The variables that a task gives to the lists inside it. */
function boundBy(task: JsonObject, kind: string): ReadonlySet<string> {
  const names = (holder: Json | undefined, usual: Readonly<Record<string, string>>): string[] =>
    Object.entries(usual).map(([key, name]) => {
      const given = holder !== undefined && isJsonObject(holder) ? holder[key] : undefined
      return typeof given === 'string' ? given : name
    })
  if (kind === 'for') return new Set(names(task['for'], { each: 'item', at: 'index' }))
  if (kind === 'nexus.map') return new Set(names(task['with'], { each: 'item', at: 'index' }))
  if (kind === 'try') return new Set(names(task['catch'], { as: 'error' }))
  if (kind === 'listen') return new Set(names(task['foreach'], { item: 'item', at: 'index' }))
  return new Set()
}

/** Whether a list looks at the input that is handed to it. */
function listReadsInput({ order, facts }: Read): boolean {
  if (order !== 'list') return facts.some(({ readsInput }) => readsInput)
  for (const { readsInput, passesInput } of facts) {
    if (readsInput) return true
    if (!passesInput) return false
  }
  return facts.length === 0
}

/** Inside a graph, `$tasks` means its own tasks. */
function mentionedOutside({ order, facts }: Read): readonly string[] {
  return order === 'graph' ? [] : facts.flatMap(({ mentions }) => [...mentions])
}
