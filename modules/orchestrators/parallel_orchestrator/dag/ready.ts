/** The tasks that can begin, those with the longest chain behind them first, and of these the one that was ready first. */
import type { Node } from './graph.ts'

export class ReadyQueue {
  /** By height. */
  readonly #lanes: { nodes: Node[]; taken: number }[] = []

  push(node: Node): void {
    while (this.#lanes.length <= node.height) this.#lanes.push({ nodes: [], taken: 0 })
    this.#lanes[node.height]?.nodes.push(node)
  }

  pop(): Node | undefined {
    for (let lane = this.#lanes.at(-1); lane; lane = this.#lanes.at(-1)) {
      if (lane.taken < lane.nodes.length) return lane.nodes[lane.taken++]
      this.#lanes.pop()
    }
    return undefined
  }
}
