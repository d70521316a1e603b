/** From what `graph.analyze` is handed to the graph that it gives. */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import type { Facts, Order } from './facts/entry.ts'
import { readList, type Read } from './facts/read.ts'
import { connect, member } from './graph/connect.ts'
import { describe, type Shape } from './graph/describe.ts'
import { isInWords, wordsGraph } from './words/words_graph.ts'

// Types and not interfaces, so that they are JSON to the compiler too.
export type Graph = Shape & { readonly pointer?: string; readonly tasks: readonly Task[] }

export type Task = {
  readonly name: string
  readonly pointer: string
  readonly kind: string
  readonly duration: number
  readonly reads: readonly string[]
  readonly writes: readonly string[]
  readonly inner?: readonly Graph[]
}

export interface Limits {
  readonly tasksMax: number
  readonly edgesMax: number
}

interface Options extends Limits {
  readonly durations: JsonObject
  readonly depth: number
}

export function analyze(input: JsonObject, limits: Limits): Graph {
  const { workflow, tasks, after, durations, depth } = input
  const options: Options = {
    ...limits,
    durations: durations !== undefined && isJsonObject(durations) ? durations : {},
    depth: typeof depth === 'number' ? depth : 8,
  }
  const list = workflow === undefined ? tasks : doOf(workflow)
  if ((workflow === undefined) === (tasks === undefined) || !Array.isArray(list))
    throw TaskFault.of(
      'validation',
      'Give either a `workflow`, a document with a `do`, or `tasks`, a list of tasks.',
    )
  const given = after !== undefined && isJsonObject(after) ? after : undefined
  if (isInWords(list as Json[])) return wordsGraph(list as Json[], given ?? {}, options)
  const pointer = workflow === undefined ? '/tasks' : '/do'
  const read = readList({ tasks: list as Json[], order: 'list', after: given ?? {} }, pointer, limits)
  return graphOf({ ...read, order: orderOf(input, read, given !== undefined) }, options, 0).graph
}

function doOf(workflow: Json): Json | undefined {
  return isJsonObject(workflow) ? workflow['do'] : undefined
}

function orderOf({ order, workflow }: JsonObject, { facts }: Read, hasAfter: boolean): Order {
  if (order === 'list' || order === 'graph') return order
  if (workflow !== undefined) return 'list'
  const names = new Set(facts.map(({ name }) => name))
  return hasAfter || facts.some(({ mentions }) => !mentions.isDisjointFrom(names)) ? 'graph' : 'list'
}

/** The graph of a list, and how long it takes. Lists below the depth that is asked for count, but are not told of. */
function graphOf(list: Read, options: Options, level: number): { graph: Graph; length: number } {
  const inner = list.inner.map((reads) => reads.map((read) => graphOf(read, options, level + 1)))
  const tasks = list.facts.map((facts, index) => {
    const below = inner[index] ?? []
    const shown = below.length > 0 && level < options.depth
    return {
      ...told(facts),
      duration: durationOf(
        facts,
        options.durations,
        below.map(({ length }) => length),
      ),
      ...(shown && { inner: below.map(({ graph }) => graph) }),
    }
  })
  const shape = describe(
    connect(list, options.edgesMax),
    tasks.map(({ name }) => name),
    tasks.map(({ duration }) => duration),
  )
  return { graph: { pointer: list.pointer, tasks, ...shape }, length: shape.length }
}

/** As it is given, or that of the lists inside it one after another, or one. */
function durationOf({ name, pointer }: Facts, durations: JsonObject, inner: readonly number[]): number {
  const given = [pointer, name].map((key) => (Object.hasOwn(durations, key) ? durations[key] : undefined))
  const known = given.find((duration) => typeof duration === 'number')
  if (known !== undefined) return known
  return inner.length === 0 ? 1 : inner.reduce((sum, length) => sum + length, 0)
}

function told(facts: Facts): Omit<Task, 'duration' | 'inner'> {
  const { name, pointer, kind } = facts
  const keysWritten = new Set(facts.contextWrites.flatMap(({ keys }) => keys ?? ['*']))
  return {
    name,
    pointer,
    kind,
    reads: [
      ...(facts.readsInput ? ['.'] : []),
      ...[...facts.mentions].map((key) => member('$tasks', key)),
      ...[...facts.contextReads].map(contextMember),
      ...[...facts.variables].map((variable) => `$${variable}`),
      ...facts.resourceReads,
    ],
    writes: [...[...keysWritten].map(contextMember), ...facts.resourceWrites],
  }
}

function contextMember(key: string): string {
  return key === '*' ? '$context' : member('$context', key)
}
