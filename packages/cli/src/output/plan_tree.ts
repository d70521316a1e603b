/** A plan as people read it: its tasks as a tree, each with what it asks for. Pure. */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { clip, plain } from './format.ts'
import type { Terminal } from './terminal.ts'

export function planTree(workflow: Json, io: Terminal): string {
  const list = isJsonObject(workflow) ? workflow['do'] : undefined
  return linesOf(list ?? [], io, '').join('\n')
}

function linesOf(list: Json, io: Terminal, indent: string): string[] {
  const entries = Array.isArray(list) ? (list as Json[]).flatMap(entryOf) : []
  return entries.flatMap(([name, task], index) => {
    const isLast = index === entries.length - 1
    const branch = `${indent}${isLast ? '└─' : '├─'} `
    const line = `${io.style('dim', branch)}${io.style('bold', plain(name))}  ${plain(whatItDoes(task)).trimEnd()}`
    const inner = `${indent}${isLast ? '   ' : '│  '}`
    return [clip(line, io.columns + 24), ...listsIn(task).flatMap((below) => linesOf(below, io, inner))]
  })
}

function entryOf(item: Json): [string, JsonObject][] {
  return isJsonObject(item)
    ? Object.entries(item).filter((entry): entry is [string, JsonObject] => isJsonObject(entry[1]))
    : []
}

/** The lists of tasks that stand in a task. */
function listsIn(task: JsonObject): Json[] {
  const given = memberOf(task, 'with')
  const caught = memberOf(task, 'catch')
  const fork = memberOf(task, 'fork')
  const lists = [task['do'], task['try'], caught?.['do'], fork?.['branches'], given?.['do'], given?.['tasks']]
  return lists.filter((list): list is Json[] => Array.isArray(list))
}

function memberOf(task: JsonObject, key: string): JsonObject | undefined {
  const value = task[key]
  return value !== undefined && isJsonObject(value) ? value : undefined
}

const kinds = ['do', 'fork', 'for', 'switch', 'try', 'set', 'wait', 'raise', 'emit', 'listen'] as const

function whatItDoes(task: JsonObject): string {
  const { call, if: condition } = task
  const when = typeof condition === 'string' ? ` if ${bare(condition)}` : ''
  if (typeof call === 'string') return `${call}${when}  ${briefly(task['with'] ?? {})}`
  const run = memberOf(task, 'run')
  if (run) return `run ${runOf(run)}${when}`
  const kind = kinds.find((each) => each in task) ?? 'task'
  return `${kind}${when}  ${kind === 'for' || kind === 'switch' ? briefly(task[kind] ?? {}) : ''}`.trimEnd()
}

function runOf(run: JsonObject): string {
  const shell = memberOf(run, 'shell')
  if (shell) return `shell: ${textOf(shell['command'])}`
  const script = memberOf(run, 'script')
  return script ? `script (${textOf(script['language'])})` : Object.keys(run).join(' ')
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : JSON.stringify(value ?? '')
}

function bare(expression: string): string {
  return expression.replace(/^\$\{\s*|\s*\}$/g, '')
}

/** The first values of what is handed to a task. */
function briefly(given: Json): string {
  if (!isJsonObject(given)) return JSON.stringify(given)
  return Object.entries(given)
    .filter(([, value]) => typeof value !== 'object' || value === null || JSON.stringify(value).length < 80)
    .map(([key, value]) => `${key}: ${typeof value === 'string' ? bare(value) : JSON.stringify(value)}`)
    .join(', ')
}
