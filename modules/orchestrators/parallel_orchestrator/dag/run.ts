/**
 * `nexus.dag`: each task begins the moment the last of those that it needs has ended, never at a level. It counts what
 * a task still waits for, so that an end costs as much as there are tasks behind it.
 */
import { ModuleResult, type ChildOutcome, type Json, type ModuleContext } from '@nexus/sdk'
import { concurrencyOf } from '../concurrency.ts'
import { stayWithin } from '../directive.ts'
import { runPool, type Settled, type Source } from '../pool.ts'
import { throwLeft } from '../settle.ts'
import { graphOf, mentionsLeftOut, type Node } from './graph.ts'
import { readDag } from './read.ts'
import { ReadyQueue } from './ready.ts'

export async function runDag(context: ModuleContext): Promise<ModuleResult> {
  const dag = readDag(context.inputData)
  const source = new DagSource(graphOf(dag))
  for (const { task, mentioned } of mentionsLeftOut(dag)) {
    context.log.warn(
      `Task "${task}" mentions $tasks["${mentioned}"], which \`after.${task}\` does not list: it has no value there.`,
    )
  }
  await runPool(source, {
    concurrency: await concurrencyOf(context, dag.concurrency),
    signal: context.signal,
    run: (node, signal) => runNode(context, node, source.outputsFor(node), signal),
  })
  context.signal.throwIfAborted()
  return source.result()
}

/** A skipped task gives its input. */
async function runNode(
  context: ModuleContext,
  { index, name }: Node,
  tasks: { readonly [name: string]: Json },
  signal: AbortSignal,
): Promise<ChildOutcome> {
  const { input } = context.run
  const at = ['with', 'tasks', index, name]
  const outcome = await context.run.task({ at, input, variables: { tasks }, signal })
  if (outcome.status === 'skipped') return { ...outcome, output: input, then: 'continue' }
  return stayWithin(outcome, `Task "${name}" of a \`nexus.dag\``)
}

/** Gives tasks as they become ready, and keeps their outputs. */
class DagSource implements Source<Node, ChildOutcome> {
  readonly #nodes: readonly Node[]
  readonly #ready = new ReadyQueue()
  /** What each task still waits for, by its index. */
  readonly #missing: number[]
  readonly #outputs = new Map<Node, Json>()
  readonly #left: Settled<ChildOutcome>[] = []
  #decisive: Settled<ChildOutcome> | undefined

  constructor(nodes: readonly Node[]) {
    this.#nodes = nodes
    this.#missing = nodes.map(({ needs }) => needs.length)
    for (const node of nodes) if (node.needs.length === 0) this.#ready.push(node)
  }

  next(): Node | undefined {
    return this.#ready.pop()
  }

  /** Of what has ended only what the task needs: what else has ended by then would be chance. */
  outputsFor({ needs }: Node): { readonly [name: string]: Json } {
    return Object.fromEntries(needs.map((need) => [need.name, this.#outputs.get(need) ?? null]))
  }

  settled(node: Node, settled: Settled<ChildOutcome>): boolean {
    if (this.#decisive) return false
    if (settled.kind === 'failed' || (settled.kind === 'done' && settled.value.then === 'end')) {
      this.#decisive = settled
      return true
    }
    if (settled.kind === 'done') this.#release(node, settled.value.output)
    else this.#left.push(settled)
    return false
  }

  #release(node: Node, output: Json): void {
    this.#outputs.set(node, output)
    for (const behind of node.neededBy) {
      const left = (this.#missing[behind.index] ?? 0) - 1
      this.#missing[behind.index] = left
      if (left === 0) this.#ready.push(behind)
    }
  }

  result(): ModuleResult {
    const decisive = this.#decisive
    if (decisive?.kind === 'failed') throw decisive.error
    if (decisive?.kind === 'done') {
      return ModuleResult.ok(decisive.value.output, { metadata: { then: 'end' } })
    }
    throwLeft(this.#left)
    return ModuleResult.ok(
      Object.fromEntries(this.#nodes.map((node) => [node.name, this.#outputs.get(node) ?? null])),
    )
  }
}
