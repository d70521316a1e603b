/**
 * The run-time environment: a linked list of nodes, immutable but for the state of a fold.
 *
 * Backtracking needs no undoing: a choice point keeps the node it was made at.
 */
import type { Value } from '../values/value.ts'
import type { Block } from './blocks.ts'

/** An argument of a recursive function: its code and where it was written. */
export interface Closure {
  readonly block: Block
  readonly env: Env
}

export class Env {
  readonly up: Env | undefined
  value: Value
  readonly closure: Closure | undefined

  constructor(up: Env | undefined, value: Value, closure?: Closure) {
    this.up = up
    this.value = value
    this.closure = closure
  }
}

/** The node `hops` above. The resolver has counted, so running out of nodes is a bug. */
export function climb(env: Env, hops: number): Env {
  let at = env
  for (let left = hops; left > 0; left--) {
    if (at.up === undefined) throw new TypeError('The environment is shorter than the program says')
    at = at.up
  }
  return at
}
