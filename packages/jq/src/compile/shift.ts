/**
 * Moves ops to a place with more nodes in the environment, and joins ops into pipes.
 */
import type { Op, Routine } from './ops.ts'

/** The same op for an environment with `by` more nodes on top. Nodes that the op makes itself stay as they are. */
export function deepen(op: Op, by: number): Op {
  return by === 0 ? op : new Shift(by).op(op, 0)
}

class Shift {
  readonly #by: number
  readonly #routines = new Map<Routine, Routine>()

  constructor(by: number) {
    this.#by = by
  }

  /** `level` counts the nodes that the op around has made itself. */
  op(op: Op, level: number): Op {
    return shift(op, this, this.#by, level)
  }

  /** A function that is defined inside of the op reads past the new nodes too; one from outside does not see them. */
  routine(routine: Routine, level: number, arity: number): Routine {
    const known = this.#routines.get(routine)
    if (known !== undefined) return known
    const shifted: Routine = { ...routine }
    this.#routines.set(routine, shifted)
    shifted.body = this.op(routine.body, level + arity)
    return shifted
  }
}

function shift(op: Op, whole: Shift, by: number, level: number): Op {
  const at = (child: Op, deeper = 0): Op => whole.op(child, level + deeper)
  const hops = (count: number) => (count >= level ? count + by : count)
  switch (op.kind) {
    case 'identity':
    case 'literal':
    case 'global':
    case 'iterate':
      return op
    case 'variable':
    case 'parameter':
    case 'break':
      return { ...op, hops: hops(op.hops) }
    case 'call':
      return {
        ...op,
        target: op.hops >= level ? op.target : whole.routine(op.target, level - op.hops, op.args.length),
        hops: hops(op.hops),
        args: op.args.map((arg) => at(arg)),
      }
    case 'loop':
      return { ...op, args: op.args.map((arg) => at(arg)), fallback: () => at(op.fallback()) }
    case 'native':
      return { ...op, args: op.args.map((arg) => at(arg)) }
    case 'index':
      return { ...op, key: at(op.key) }
    case 'getpath':
      return { ...op, path: at(op.path) }
    case 'binary':
      return { ...op, left: at(op.left), right: at(op.right) }
    case 'pipe':
    case 'comma':
    case 'and':
    case 'or':
    case 'alternative':
      return { ...op, left: at(op.left), right: at(op.right) }
    case 'if':
      return { ...op, condition: at(op.condition), then: at(op.then), otherwise: at(op.otherwise) }
    case 'try':
      return { ...op, body: at(op.body), handler: op.handler && at(op.handler) }
    case 'array':
      return { ...op, body: op.body && at(op.body) }
    case 'object':
      return { ...op, entries: op.entries.map(({ key, value }) => ({ key: at(key), value: at(value) })) }
    case 'text':
      return { ...op, parts: op.parts.map((part) => at(part)) }
    case 'branches':
      return { ...op, branches: op.branches.map((branch) => at(branch)) }
    case 'first':
    case 'path':
      return { ...op, body: at(op.body) }
    case 'update':
      return { ...op, paths: at(op.paths), update: at(op.update) }
    case 'bind':
      return { ...op, source: at(op.source), body: at(op.body, 1) }
    case 'label':
      return { ...op, body: at(op.body, 1) }
    case 'reduce':
      return { ...op, init: at(op.init), source: at(op.source, 1), update: at(op.update, 2) }
    case 'foreach':
      return {
        ...op,
        init: at(op.init),
        source: at(op.source, 1),
        update: at(op.update, 2),
        extract: at(op.extract, 2),
      }
  }
}

/** `left | right`, leaving identities out and leaning to the right so that a chain is a list. */
export function pipe(left: Op, right: Op): Op {
  if (left.kind === 'identity') return right
  if (right.kind === 'identity') return left
  if (left.kind === 'pipe') return { kind: 'pipe', left: left.left, right: pipe(left.right, right) }
  return { kind: 'pipe', left, right }
}
