/**
 * The graph of a `nexus.dag`: what each task comes after, by `after` and by what its expressions mention of `$tasks`.
 */
import { isJsonObject, nearest } from '@nexus/sdk'
import { suggestion } from '../suggestion.ts'
import { memberPointer, pointerKeys } from '../pointers.ts'
import type { CallSite, Findings, ListSite, TextSite } from '../shape/findings.ts'
import type { Report } from '../source/report.ts'

export function checkGraphs(findings: Findings, report: Report): void {
  const graphs = findings.calls.filter((site) => site.call === 'nexus.dag')
  if (graphs.length === 0) return
  const mentions = findings.texts.filter((site) => site.text.includes('$tasks'))
  const lists = new Map(findings.lists.map((list) => [list.pointer, list]))
  for (const site of graphs) {
    const list = lists.get(`${site.pointer}/with/tasks`)
    if (list) checkGraph(site, list, mentions, report)
  }
}

interface Dependency {
  readonly task: string
  readonly on: string
  readonly pointer: string
}

function checkGraph(site: CallSite, list: ListSite, mentions: readonly TextSite[], report: Report): void {
  const names = new Set(list.tasks.map((task) => task.name))
  const dependencies = [...fromAfter(site, names, report), ...fromMentions(list, mentions, names, report)]
  const cycle = cycleOf(names, dependencies)
  if (!cycle) return
  report.on(cycle.pointer, 'value', {
    code: 'endless_cycle',
    message: `These tasks wait for each other: ${cycle.names.map((name) => `\`${name}\``).join(' → ')}.`,
    hint: 'Remove one of the dependencies.',
  })
}

function fromAfter(site: CallSite, names: ReadonlySet<string>, report: Report): Dependency[] {
  const input = site.task['with']
  const after = input !== undefined && isJsonObject(input) ? input['after'] : undefined
  if (after === undefined || !isJsonObject(after)) return []
  const pointer = `${site.pointer}/with/after`
  return Object.entries(after).flatMap(([task, list]) => {
    const at = memberPointer(pointer, task)
    if (!names.has(task)) reportUnknown(task, [...names], at, 'key', report)
    if (!Array.isArray(list)) return []
    return list.flatMap((on, index): Dependency[] => {
      const place = memberPointer(at, index)
      if (typeof on !== 'string') return []
      if (!names.has(on)) reportUnknown(on, [...names], place, 'value', report)
      return names.has(task) && names.has(on) ? [{ task, on, pointer: place }] : []
    })
  })
}

function reportUnknown(
  name: string,
  names: readonly string[],
  pointer: string,
  part: 'key' | 'value',
  report: Report,
): void {
  report.on(pointer, part, {
    code: 'unknown_task',
    message: `No task of this \`nexus.dag\` is named \`${name}\`.`,
    hint: suggestion(name, names, 'There are'),
  })
}

const mention = /\$tasks(?:\.([A-Za-z_]\w*)|\.?\[?"([^"\\]+)"\]?)/g

function fromMentions(
  list: ListSite,
  mentions: readonly TextSite[],
  names: ReadonlySet<string>,
  report: Report,
): Dependency[] {
  const inside = mentions.filter((site) => site.pointer.startsWith(`${list.pointer}/`))
  return inside.flatMap((site) => {
    const [, task = '', ...below] = pointerKeys(site.pointer.slice(list.pointer.length))
    if (isInInner(below)) return []
    return [...site.text.matchAll(mention)].flatMap((match): Dependency[] => {
      const on = match[1] ?? match[2] ?? ''
      if (names.has(on)) return [{ task, on, pointer: site.pointer }]
      reportMention(on, [...names], site, report)
      return []
    })
  })
}

/** Inside a `nexus.dag` of its own, `$tasks` means the tasks of that one. */
function isInInner(keys: readonly string[]): boolean {
  return keys.some((key, index) => key === 'with' && keys[index + 1] === 'tasks')
}

function reportMention(name: string, names: readonly string[], site: TextSite, report: Report): void {
  const longer = names.find((known) => known.startsWith(`${name}-`))
  const near = nearest(name, names)
  const hint = longer === undefined ? suggestion(name, names, 'There are') : `Write \`$tasks["${longer}"]\`.`
  report.on(site.pointer, 'value', {
    code: 'unknown_task',
    message: `\`$tasks.${name}\`: no task of this \`nexus.dag\` is named \`${name}\`.`,
    hint: near === undefined ? hint : `Did you mean \`$tasks.${near}\`?`,
  })
}

/** A cycle among the dependencies, as the names along it and where its last dependency stands. */
function cycleOf(names: ReadonlySet<string>, dependencies: readonly Dependency[]) {
  const before = Map.groupBy(dependencies, (dependency) => dependency.task)
  const behind = Map.groupBy(dependencies, (dependency) => dependency.on)
  const open = new Map([...names].map((name) => [name, before.get(name)?.length ?? 0]))
  const ready = [...names].filter((name) => open.get(name) === 0)
  const done = new Set(ready)
  for (const name of done) {
    for (const { task } of behind.get(name) ?? []) {
      const left = (open.get(task) ?? 0) - 1
      open.set(task, left)
      if (left === 0) done.add(task)
    }
  }
  const waiting = names.difference(done)
  const start = waiting.values().next().value
  return start === undefined ? undefined : follow(start, before, waiting)
}

function follow(
  start: string,
  next: ReadonlyMap<string, readonly Dependency[]>,
  waiting: ReadonlySet<string>,
) {
  const trail: string[] = []
  let name = start
  let pointer = ''
  while (!trail.includes(name)) {
    trail.push(name)
    const dependency = next.get(name)?.find((candidate) => waiting.has(candidate.on))
    name = dependency?.on ?? start
    pointer = dependency?.pointer ?? pointer
  }
  return { names: [...trail.slice(trail.indexOf(name)), name], pointer }
}
