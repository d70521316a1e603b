/** A plan as people read it: its tasks as a tree, each with what it asks for. Pure. */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { clip, plain } from './terminal_text.ts'
import type { Terminal } from './terminal.ts'

export function planTree(workflow: Json, io: Terminal): string {
  const list = isJsonObject(workflow) ? workflow['do'] : undefined
  return linesOf(nodesOf(list ?? [], io), io, '').join('\n')
}

interface Node {
  readonly text: string
  readonly below: readonly Node[]
}

function linesOf(nodes: readonly Node[], io: Terminal, indent: string): string[] {
  return nodes.flatMap(({ text, below }, index) => {
    const isLast = index === nodes.length - 1
    const branch = io.style('dim', `${indent}${isLast ? '└─' : '├─'} `)
    const inner = `${indent}${isLast ? '   ' : '│  '}`
    return [clip(`${branch}${text}`, io.columns), ...linesOf(below, io, inner)]
  })
}

function nodesOf(list: Json, io: Terminal): readonly Node[] {
  const entries = Array.isArray(list) ? (list as Json[]).flatMap(entryOf) : []
  return entries.map(([name, task]) => ({
    text: `${io.style('bold', plain(name))}  ${plain(whatItDoes(task)).trimEnd()}`,
    below: nodesIn(task, io),
  }))
}

function entryOf(item: Json): [string, JsonObject][] {
  return isJsonObject(item)
    ? Object.entries(item).filter((entry): entry is [string, JsonObject] => isJsonObject(entry[1]))
    : []
}

/** The tasks that stand in a task; those that run when it faults have a branch of their own. */
function nodesIn(task: JsonObject, io: Terminal): readonly Node[] {
  const given = memberOf(task, 'with')
  const lists = [
    task['do'],
    task['try'],
    memberOf(task, 'fork')?.['branches'],
    given?.['do'],
    given?.['tasks'],
  ]
  const caught = nodesOf(memberOf(task, 'catch')?.['do'] ?? [], io)
  const handler = { text: io.style('dim', 'if that fails'), below: caught }
  return [...lists.flatMap((list) => nodesOf(list ?? [], io)), ...(caught.length > 0 ? [handler] : [])]
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
