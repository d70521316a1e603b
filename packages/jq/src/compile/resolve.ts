/**
 * Syntax to ops: names become places, functions that do not call themselves are inlined, and every order of
 * evaluation that jq promises becomes explicit.
 *
 * The checker has been here before, so an unknown name is a bug of this package and not of the program.
 */
import { lookupNative } from '../builtins/catalog.ts'
import { binaryOperators } from '../builtins/operators.ts'
import { formatter } from '../builtins/formats.ts'
import { JqSyntaxError } from '../errors.ts'
import type { Definition, Node, Pattern } from '../syntax/ast.ts'
import { BuiltinCalls } from './builtin_calls.ts'
import { Calls } from './calls.ts'
import { findLabel, findVariable, type Names, withEntry } from './names.ts'
import { IDENTITY, isSimple, NULL, type Op, readsInput } from './ops.ts'
import { resolvePatterns, variablesOf } from './patterns.ts'
import { deepen, pipe } from './shift.ts'

const OPS_MAX = 200_000

/** A place in the program: the names that are visible, and how many nodes the environment has there. */
export interface Place {
  readonly names: Names | undefined
  readonly depth: number
}

export class Resolver {
  #ops = 0
  readonly #builtins: BuiltinCalls
  readonly #calls: Calls

  constructor() {
    this.#builtins = new BuiltinCalls(this, () => this.#calls)
    this.#calls = new Calls(this, this.#builtins)
  }

  /** How many nodes have been resolved, inlined ones each time. */
  get size(): number {
    return this.#ops
  }

  /** Makes a definition visible to what follows it. */
  define(definition: Definition, place: Place): Names {
    return this.#calls.define(definition, place)
  }

  resolve(node: Node, place: Place): Op {
    if (++this.#ops > OPS_MAX) throw new JqSyntaxError('Program is too large', '', { start: 0, end: 0 })
    switch (node.kind) {
      case 'identity':
        return IDENTITY
      case 'literal':
        return { kind: 'literal', value: node.value }
      case 'text':
        return this.#text(node, place)
      case 'format':
        return formatter(node.name)
      case 'index':
        return node.key.kind === 'literal'
          ? this.#suffixes(node, place)
          : this.#access(node.target, this.resolve(node.key, place), node.optional, place)
      case 'slice':
        return this.#slice(node, place)
      case 'iterate':
        return this.#suffixes(node, place)
      case 'negate':
        return pipe(this.resolve(node.operand, place), native('_negate/0'))
      case 'pipe':
        return pipe(this.resolve(node.left, place), this.resolve(node.right, place))
      case 'comma':
      case 'and':
      case 'or':
      case 'alternative':
        return {
          kind: node.kind,
          left: this.resolve(node.left, place),
          right: this.resolve(node.right, place),
        }
      case 'binary':
        return this.#binary(node.operator, node.left, node.right, place)
      case 'assign':
        return this.#assign(node, place)
      default:
        return this.#control(node, place)
    }
  }

  #control(node: Node, place: Place): Op {
    switch (node.kind) {
      case 'try': {
        const handler = node.handler === undefined ? undefined : this.resolve(node.handler, place)
        return { kind: 'try', body: this.resolve(node.body, place), handler }
      }
      case 'if': {
        const otherwise = node.otherwise === undefined ? IDENTITY : this.resolve(node.otherwise, place)
        const then = this.resolve(node.then, place)
        return { kind: 'if', condition: this.resolve(node.condition, place), then, otherwise }
      }
      case 'bind':
        return this.bind(this.resolve(node.source, place), place, (inner) =>
          resolvePatterns(this, node.patterns, inner, place, (bound) => this.resolve(node.body, bound)),
        )
      case 'reduce':
      case 'foreach':
        return this.#fold(node, place)
      case 'label': {
        const depth = place.depth + 1
        const names = withEntry(place.names, { kind: 'label', name: node.name, depth })
        return { kind: 'label', body: this.resolve(node.body, { names, depth }) }
      }
      case 'break':
        return { kind: 'break', hops: place.depth - (findLabel(place.names, node.name)?.depth ?? 0) }
      case 'array':
        return { kind: 'array', body: node.body === undefined ? undefined : this.resolve(node.body, place) }
      case 'object':
        return this.#object(node.entries, place)
      case 'define':
        return this.resolve(node.body, { ...place, names: this.define(node.definition, place) })
      case 'call':
        return this.#calls.call(node, place)
      case 'variable':
        return this.#variable(node.name, place)
      default:
        throw new TypeError(`No op for ${node.kind}`)
    }
  }

  /** Evaluates `source` into a node of its own and resolves the body one node deeper. */
  bind(source: Op, place: Place, body: (inner: Place) => Op): Op {
    return { kind: 'bind', source, body: body({ names: place.names, depth: place.depth + 1 }) }
  }

  /** Binds the operands that may give several outputs; `order` says which of them varies slowest. */
  withSimple(operands: Op[], order: 'first' | 'last', build: (simple: Op[]) => Op): Op {
    const complex = operands.flatMap((operand, index) => (isSimple(operand) ? [] : [index]))
    if (complex.length === 0) return build(operands)
    if (order === 'last') complex.reverse()
    const bound: Op[] = operands.map((operand) => deepen(operand, complex.length))
    const step = (position: number): Op => {
      const index = complex[position]
      if (index === undefined) return build(bound)
      const source = deepen(operands[index] ?? NULL, position)
      bound[index] = { kind: 'variable', hops: complex.length - 1 - position }
      return { kind: 'bind', source, body: step(position + 1) }
    }
    return step(0)
  }

  #binary(operator: string, left: Node, right: Node, place: Place): Op {
    const apply = binaryOperators[operator]
    if (apply === undefined) throw new TypeError(`No operator ${operator}`)
    return this.withSimple(
      [this.resolve(left, place), this.resolve(right, place)],
      'last',
      ([a = NULL, b = NULL]) => ({
        kind: 'binary',
        operator,
        apply,
        left: a,
        right: b,
      }),
    )
  }

  #text(node: Extract<Node, { kind: 'text' }>, place: Place): Op {
    const format = formatter(node.format)
    const parts = node.parts.map((part): Op => {
      if (typeof part === 'string') return { kind: 'literal', value: part }
      return pipe(this.resolve(part, place), format)
    })
    return this.withSimple(parts, 'last', (simple) => ({ kind: 'text', parts: simple }))
  }

  /** `.a.b[0][]`, taken from its end, so that a long chain costs no more than its length. */
  #suffixes(node: Node, place: Place): Op {
    let chain: Op = IDENTITY
    let target = node
    for (;;) {
      const { kind } = target
      if (kind === 'iterate') chain = pipe({ kind, optional: target.optional }, chain)
      else if (kind === 'index' && target.key.kind === 'literal') {
        const key: Op = { kind: 'literal', value: target.key.value }
        chain = pipe({ kind, key, optional: target.optional }, chain)
      } else return pipe(this.resolve(target, place), chain)
      if (++this.#ops > OPS_MAX) throw new JqSyntaxError('Program is too large', '', { start: 0, end: 0 })
      target = target.target
    }
  }

  /** `target[key]`: jq evaluates the key first and on the original input. */
  #access(targetNode: Node, key: Op, optional: boolean, place: Place): Op {
    const target = this.resolve(targetNode, place)
    if (isSimple(key) && (target.kind === 'identity' || !readsInput(key))) {
      return pipe(target, { kind: 'index', key, optional })
    }
    return this.bind(key, place, () =>
      pipe(deepen(target, 1), { kind: 'index', key: { kind: 'variable', hops: 0 }, optional }),
    )
  }

  #slice(node: Extract<Node, { kind: 'slice' }>, place: Place): Op {
    const from = node.from === undefined ? NULL : this.resolve(node.from, place)
    const to = node.to === undefined ? NULL : this.resolve(node.to, place)
    if (from.kind === 'literal' && to.kind === 'literal') {
      const key: Op = { kind: 'literal', value: { start: from.value, end: to.value } }
      return this.#access(node.target, key, node.optional, place)
    }
    const key = this.withSimple([from, to], 'first', ([start = NULL, end = NULL]) => ({
      kind: 'object',
      entries: [
        { key: { kind: 'literal', value: 'start' }, value: start },
        { key: { kind: 'literal', value: 'end' }, value: end },
      ],
    }))
    return this.#access(node.target, key, node.optional, place)
  }

  #assign(node: Extract<Node, { kind: 'assign' }>, place: Place): Op {
    const { operator, left, right } = node
    if (operator === '|=') return this.#modify(left, right, place)
    return this.bind(this.resolve(right, place), place, (inner) => {
      const names = withEntry(inner.names, { kind: 'variable', name: '*value', depth: inner.depth })
      const value: Node = { kind: 'variable', name: '*value', span: right.span }
      const identity: Node = { kind: 'identity', span: right.span }
      const at = { names, depth: inner.depth }
      if (operator === '=') return this.#modify(left, value, at)
      if (operator === '//=') {
        return this.#modify(left, { kind: 'alternative', left: identity, right: value, span: right.span }, at)
      }
      const arithmetic =
        operator === '+='
          ? '+'
          : operator === '-='
            ? '-'
            : operator === '*='
              ? '*'
              : operator === '/='
                ? '/'
                : '%'
      return this.#modify(
        left,
        { kind: 'binary', operator: arithmetic, left: identity, right: value, span: right.span },
        at,
      )
    })
  }

  #modify(paths: Node, update: Node, place: Place): Op {
    return this.#builtins.update([paths, update], place) ?? NULL
  }

  #object(entries: { key: Node; value: Node }[], place: Place): Op {
    const operands = entries.flatMap(({ key, value }) => [
      this.resolve(key, place),
      this.resolve(value, place),
    ])
    return this.withSimple(operands, 'first', (simple) => ({
      kind: 'object',
      entries: entries.map((_, index) => ({
        key: simple[index * 2] ?? NULL,
        value: simple[index * 2 + 1] ?? NULL,
      })),
    }))
  }

  #fold(node: Extract<Node, { kind: 'reduce' | 'foreach' }>, place: Place): Op {
    const init = this.resolve(node.init, place)
    const source = this.resolve(node.source, { names: place.names, depth: place.depth + 1 })
    const inner = { names: place.names, depth: place.depth + 2 }
    const outer = { names: place.names, depth: place.depth + 2 }
    const body = (then: (bound: Place) => Op) => resolvePatterns(this, node.patterns, inner, outer, then)
    if (node.kind === 'reduce') {
      return { kind: 'reduce', init, source, update: body((bound) => this.resolve(node.update, bound)) }
    }
    const simple = node.patterns.length === 1 && node.patterns[0]?.kind === 'variable'
    const extractNode = node.extract
    const extractAt = (bound: Place) =>
      extractNode === undefined ? IDENTITY : this.resolve(extractNode, bound)
    if (simple) {
      const update = body((bound) => this.resolve(node.update, bound))
      return { kind: 'foreach', init, source, update, extract: body(extractAt) }
    }
    return this.#destructuringForeach(node, place, init, source)
  }

  /** Every way the element can be taken apart runs the update, so the parts are gathered in an array first. */
  #destructuringForeach(node: Extract<Node, { kind: 'foreach' }>, place: Place, init: Op, source: Op): Op {
    const names = [...new Set(node.patterns.flatMap(variablesOf))]
    const at = { names: place.names, depth: place.depth + 1 }
    const gathered = this.bind(source, at, (inner) =>
      resolvePatterns(this, node.patterns, inner, at, (bound) => ({
        kind: 'array',
        body: names
          .map((name) => this.#variable(name, bound))
          .reduceRight((right, left): Op => ({ kind: 'comma', left, right })),
      })),
    )
    const inner = { names: place.names, depth: place.depth + 2 }
    const array: Pattern = { kind: 'array', elements: names.map((name) => ({ kind: 'variable', name })) }
    const body = (part: Node | undefined) =>
      resolvePatterns(this, [array], inner, inner, (bound) =>
        part === undefined ? IDENTITY : this.resolve(part, bound),
      )
    return { kind: 'foreach', init, source: gathered, update: body(node.update), extract: body(node.extract) }
  }

  #variable(name: string, place: Place): Op {
    const entry = findVariable(place.names, name)
    if (entry === undefined) return native(name === 'ENV' ? 'env/0' : '_no_arguments/0')
    if (entry.kind === 'constant') return { kind: 'literal', value: entry.value }
    if (entry.kind === 'global') return { kind: 'global', index: entry.index }
    return { kind: 'variable', hops: place.depth - entry.depth }
  }
}

function native(signature: string): Op {
  const found = lookupNative(signature)
  if (found === undefined) throw new TypeError(`No builtin ${signature}`)
  return { kind: 'native', name: found.name, run: found.run, args: [], mayBeEmpty: found.mayBeEmpty }
}
