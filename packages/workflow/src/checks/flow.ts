/**
 * The flow through each task list: names that are there twice, `then` that leads nowhere, cycles that cannot end,
 * tasks that nothing leads to. Conditions are taken as open: only what can never end is an error.
 */
import type { JsonObject } from '@nexus/sdk'
import { nearest } from '@nexus/sdk'
import { suggestion } from '../suggestion.ts'
import { memberPointer } from '../pointers.ts'
import type { ListSite, ListedTask } from '../shape/findings.ts'
import type { Report } from '../source/report.ts'
import { jumpsOf, type Jump } from './jumps.ts'

export function checkFlow(lists: readonly ListSite[], report: Report): void {
  const ending = placesThatEnd(lists)
  const everyName = new Set(lists.flatMap((list) => list.tasks.map((task) => task.name)))
  for (const list of lists) {
    checkDuplicates(list, report)
    const places = new Map(list.tasks.map((task, index) => [task.name, index]))
    const sound = list.tasks.map((task) => checkJumps(task, list, places, everyName, report)).every(Boolean)
    if (sound && !list.parallel) checkEnds(graphOf(list, places, ending), list, report)
  }
}

function checkDuplicates(list: ListSite, report: Report): void {
  const seen = new Set<string>()
  for (const { name, pointer } of list.tasks) {
    if (seen.has(name)) {
      report.on(pointer, 'key', {
        code: 'duplicate_task',
        message: `There are two tasks named \`${name}\` in this list.`,
        hint: 'Rename one: `then`, paths and results go by the name.',
      })
    }
    seen.add(name)
  }
}

const directives = ['continue', 'exit', 'end']

/** Whether every `then` of a task leads somewhere. */
function checkJumps(
  task: ListedTask,
  list: ListSite,
  places: ReadonlyMap<string, number>,
  everyName: ReadonlySet<string>,
  report: Report,
): boolean {
  let sound = true
  for (const { target, pointer } of jumpsOf(task)) {
    if (directives.includes(target) || (places.has(target) && !list.parallel)) continue
    sound = false
    const names = [...places.keys()]
    if (places.has(target)) {
      report.on(pointer, 'value', {
        code: 'unknown_target',
        message: `\`then\` cannot lead to \`${target}\`: the tasks of this list do not follow each other.`,
        hint: 'Only continue, exit and end are of use here.',
      })
      continue
    }
    const isElsewhere = nearest(target, names) === undefined && everyName.has(target)
    report.on(pointer, 'value', {
      code: 'unknown_target',
      message: `\`then\` leads to \`${target}\`, but no task of this list has that name.`,
      hint: isElsewhere
        ? `\`${target}\` is in another list; \`then\` leads only to tasks of its own.`
        : suggestion(target, [...names, ...directives], 'It can be'),
    })
  }
  return sound
}

/** The end of the list, of the workflow, or a fault. */
const theEnd = -1

interface Edge {
  readonly to: number
  /** What leads there, for a message; absent when the next task simply follows. */
  readonly jump?: Jump
}

type Graph = readonly (readonly Edge[])[]

function graphOf(list: ListSite, places: ReadonlyMap<string, number>, ending: ReadonlySet<string>): Graph {
  return list.tasks.map((listed, index) => {
    const next = index + 1 < list.tasks.length ? index + 1 : theEnd
    const edges: Edge[] = jumpsOf(listed).map((jump) => ({
      to: destination(jump.target, next, places),
      jump,
    }))
    if (fallsThrough(listed.task)) edges.push({ to: next })
    if ('raise' in listed.task || ending.has(listed.pointer)) edges.push({ to: theEnd })
    return edges
  })
}

function destination(target: string, next: number, places: ReadonlyMap<string, number>): number {
  if (target === 'continue') return next
  return places.get(target) ?? theEnd
}

/** Whether the next task can follow without any `then`: by a condition that does not hold, or because there is none. */
function fallsThrough(task: JsonObject): boolean {
  if ('if' in task) return true
  if ('raise' in task) return false
  const cases = task['switch']
  if (!Array.isArray(cases)) return !('then' in task)
  const hasDefault = cases.some((item: JsonObject) => Object.values(item ?? {}).some(isDefault))
  return !hasDefault && !('then' in task)
}

function isDefault(switchCase: unknown): boolean {
  return typeof switchCase === 'object' && switchCase !== null && !('when' in switchCase)
}

/** Pointers of tasks that hold, at any depth, something that ends the workflow: `then: end` or a raised error. */
function placesThatEnd(lists: readonly ListSite[]): ReadonlySet<string> {
  const places = new Set<string>()
  for (const list of lists) {
    const ends = list.tasks.some(
      (task) => 'raise' in task.task || jumpsOf(task).some((jump) => jump.target === 'end'),
    )
    if (!ends) continue
    let pointer = list.pointer
    while (pointer !== '' && !places.has(pointer)) {
      places.add(pointer)
      pointer = pointer.slice(0, pointer.lastIndexOf('/'))
    }
  }
  return places
}

function checkEnds(graph: Graph, list: ListSite, report: Report): void {
  const reached = spread([0], (index) => (graph[index] ?? []).map((edge) => edge.to))
  const comingFrom = Map.groupBy(
    graph.flatMap((edges, from) => edges.map(({ to }) => ({ from, to }))),
    ({ to }) => to,
  )
  const ends = spread([theEnd], (index) => (comingFrom.get(index) ?? []).map(({ from }) => from))
  const told = new Set<number>()
  for (const [index, task] of list.tasks.entries()) {
    if (!reached.has(index)) {
      report.on(task.pointer, 'key', {
        severity: 'warning',
        code: 'unreachable_task',
        message: `Nothing leads to the task \`${task.name}\`: it never runs.`,
      })
    } else if (!ends.has(index) && !told.has(index)) reportCycle(graph, index, list, report, told)
  }
}

function spread(
  from: readonly number[],
  neighbours: (index: number) => readonly number[],
): ReadonlySet<number> {
  const seen = new Set(from)
  for (const index of seen) for (const neighbour of neighbours(index)) seen.add(neighbour)
  return seen
}

function reportCycle(graph: Graph, start: number, list: ListSite, report: Report, told: Set<number>): void {
  const visited = new Set<number>()
  let index = start
  while (!visited.has(index)) {
    if (told.has(index)) return
    visited.add(index)
    index = graph[index]?.[0]?.to ?? theEnd
  }
  for (const seen of visited) told.add(seen)
  const trail = [...visited]
  const cycle = trail.slice(trail.indexOf(index))
  const last = cycle.at(-1) ?? index
  const name = (at: number): string => list.tasks[at]?.name ?? ''
  const jump = graph[last]?.[0]?.jump
  report.on(jump?.pointer ?? memberPointer(list.pointer, last), 'value', {
    code: 'endless_cycle',
    message: `These tasks follow each other without end: ${[...cycle, index].map((at) => `\`${name(at)}\``).join(' → ')}.`,
    hint: 'Give one of them an `if`, a `switch` or a `then` that leads out.',
  })
}
