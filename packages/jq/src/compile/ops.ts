/**
 * The program after names are resolved and calls are inlined: what the code generators read.
 *
 * At run time variables live in a linked list of `Env`s. `depth` counts its nodes, `hops` is how far up to walk.
 * Everything a caller could observe about order is settled here: an operand marked *simple* gives exactly one output
 * and calls no recursive function; where jq allows several, the resolver has put a `bind` around.
 */
import type { Run } from '../run/run.ts'
import type { Value } from '../values/value.ts'

/** A builtin over values; `undefined` means no output. It must not keep or change its arguments. */
export type NativeFunction = (run: Run, input: Value, ...args: Value[]) => Value | undefined
export type BinaryFunction = (left: Value, right: Value, run: Run) => Value

export type Op =
  | { kind: 'identity' }
  | { kind: 'literal'; value: Value }
  /** `hops` walks up to the variable's node. */
  | { kind: 'variable'; hops: number }
  | { kind: 'global'; index: number }
  /** `key` is simple and reads the same input as the access itself. */
  | { kind: 'index'; key: Op; optional: boolean }
  | { kind: 'iterate'; optional: boolean }
  | { kind: 'getpath'; path: Op }
  /** `args` are simple. */
  | { kind: 'native'; name: string; run: NativeFunction; args: Op[]; mayBeEmpty: boolean }
  /** Both sides are simple. */
  | { kind: 'binary'; operator: string; apply: BinaryFunction; left: Op; right: Op }
  | { kind: 'pipe' | 'comma' | 'and' | 'or' | 'alternative'; left: Op; right: Op }
  | { kind: 'if'; condition: Op; then: Op; otherwise: Op }
  | { kind: 'try'; body: Op; handler: Op | undefined }
  /** Each output of `source`, in a node of its own, for `body`; the input stays what it was. */
  | { kind: 'bind'; source: Op; body: Op }
  /** `?//`: the first branch that raises nothing. */
  | { kind: 'branches'; branches: Op[] }
  /** One node for the state, in which `source` runs, and one above it for the element, in which the rest runs. */
  | { kind: 'reduce'; init: Op; source: Op; update: Op }
  | { kind: 'foreach'; init: Op; source: Op; update: Op; extract: Op }
  /** One node for the label. */
  | { kind: 'label'; body: Op }
  | { kind: 'break'; hops: number }
  | { kind: 'first'; body: Op }
  | { kind: 'array'; body: Op | undefined }
  /** Keys and values are simple. */
  | { kind: 'object'; entries: { key: Op; value: Op }[] }
  /** Text with simple parts, each already formatted to a string. */
  | { kind: 'text'; parts: Op[] }
  | { kind: 'path'; body: Op }
  | { kind: 'update'; paths: Op; update: Op }
  /** A loop over bounded arguments that is written natively; `fallback` is the same in jq, for paths and laziness. */
  | { kind: 'loop'; loop: string; args: Op[]; fallback: () => Op }
  /** A recursive function: one closure node for each argument on top of the node where it was defined. */
  | { kind: 'call'; target: Routine; hops: number; args: Op[] }
  | { kind: 'parameter'; hops: number }

export interface Routine {
  readonly name: string
  readonly depth: number
  body: Op
}

export const IDENTITY: Op = { kind: 'identity' }
export const NULL: Op = { kind: 'literal', value: null }

/** Whether the op gives exactly one output (or raises) and is bounded. */
export function isSimple(op: Op): boolean {
  switch (op.kind) {
    case 'identity':
    case 'literal':
    case 'variable':
    case 'global':
    case 'getpath':
    case 'binary':
    case 'object':
    case 'text':
      return true
    case 'index':
      return !op.optional
    case 'native':
      return !op.mayBeEmpty
    case 'pipe':
    case 'alternative':
    case 'and':
    case 'or':
      return isSimple(op.left) && isSimple(op.right)
    case 'if':
      return isSimple(op.condition) && isSimple(op.then) && isSimple(op.otherwise)
    case 'bind':
      return isSimple(op.source) && isSimple(op.body)
    case 'array':
      return op.body === undefined || isBounded(op.body)
    case 'reduce':
      return isSimple(op.init) && isBounded(op.source) && isBounded(op.update)
    case 'update':
      return isBounded(op.paths) && isBounded(op.update)
    case 'loop':
      return SIMPLE_LOOPS.has(op.loop)
    default:
      return false
  }
}

const SIMPLE_LOOPS: ReadonlySet<string> = new Set([
  'any/0',
  'any/1',
  'any/2',
  'all/0',
  'all/1',
  'all/2',
  'isempty/1',
  'add/1',
])

const boundedness = new WeakMap<Op, boolean>()

/** Whether the op calls no recursive function, so that its use of the host's stack is known. */
export function isBounded(op: Op): boolean {
  const known = boundedness.get(op)
  if (known !== undefined) return known
  const result = op.kind !== 'call' && op.kind !== 'parameter' && childrenOf(op).every(isBounded)
  boundedness.set(op, result)
  return result
}

/** Whether the op may look at its input; one that does not may be evaluated on another. */
export function readsInput(op: Op): boolean {
  switch (op.kind) {
    case 'literal':
    case 'variable':
    case 'global':
      return false
    case 'pipe':
      return readsInput(op.left)
    case 'array':
    case 'object':
    case 'text':
    case 'binary':
      return childrenOf(op).some(readsInput)
    default:
      return true
  }
}

export function childrenOf(op: Op): Op[] {
  switch (op.kind) {
    case 'index':
      return [op.key]
    case 'getpath':
      return [op.path]
    case 'native':
    case 'loop':
    case 'call':
      return op.args
    case 'binary':
    case 'pipe':
    case 'comma':
    case 'and':
    case 'or':
    case 'alternative':
      return [op.left, op.right]
    case 'if':
      return [op.condition, op.then, op.otherwise]
    case 'try':
      return op.handler === undefined ? [op.body] : [op.body, op.handler]
    case 'bind':
      return [op.source, op.body]
    case 'branches':
      return op.branches
    case 'reduce':
      return [op.init, op.source, op.update]
    case 'foreach':
      return [op.init, op.source, op.update, op.extract]
    case 'label':
    case 'first':
    case 'path':
      return [op.body]
    case 'array':
      return op.body === undefined ? [] : [op.body]
    case 'object':
      return op.entries.flatMap((entry) => [entry.key, entry.value])
    case 'text':
      return op.parts
    case 'update':
      return [op.paths, op.update]
    default:
      return []
  }
}
