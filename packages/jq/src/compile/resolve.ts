/**
 * Syntax to ops: names become places, functions that do not call themselves are inlined, and every order of
 * evaluation that jq promises becomes explicit.
 *
 * The checker has been here before, so an unknown name is a bug of this package and not of the program.
 */
import { lookupLoop, lookupNative, lookupPrelude, type Native } from '../builtins/catalog.ts'
import { binaryOperators } from '../builtins/operators.ts'
import { formatter } from '../builtins/formats.ts'
import { JqSyntaxError } from '../errors.ts'
import type { Definition, Node, Pattern } from '../syntax/ast.ts'
import { mentionsItself } from './check.ts'
import { findCallable, findLabel, findVariable, type FunctionEntry, type Names, withEntry } from './names.ts'
import { IDENTITY, isBounded, isSimple, NULL, type Op, readsInput, type Routine } from './ops.ts'
import { resolvePatterns, variablesOf } from './patterns.ts'
import { deepen, pipe } from './shift.ts'

const INLINED_OPS_MAX = 20_000
const OPS_MAX = 200_000

/** A place in the program: the names that are visible, and how many nodes the environment has there. */
export interface Place {
  readonly names: Names | undefined
  readonly depth: number
}

export class Resolver {
  #ops = 0
  readonly #outlined = new WeakMap<Names, Routine>()

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
        return this.#access(node.target, this.resolve(node.key, place), node.optional, place)
      case 'slice':
        return this.#slice(node, place)
      case 'iterate':
        return pipe(this.resolve(node.target, place), { kind: 'iterate', optional: node.optional })
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
        return this.#call(node, place)
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

  define(definition: Definition, place: Place): Names {
    const { name, parameters } = definition
    const arity = parameters.length
    const mayInline = this.#ops < INLINED_OPS_MAX && !mentionsItself(definition)
    if (mayInline) {
      return withEntry(place.names, { kind: 'function', name, arity, definition, depth: place.depth })
    }
    const routine: Routine = { name, depth: place.depth, body: NULL }
    const names = withEntry(place.names, { kind: 'routine', name, arity, routine })
    this.#fill(routine, definition, names)
    return names
  }

  /** Makes a function of its own of one that has been inlined so far. */
  #routine(definition: Definition, place: Place, inlined: Names): Routine {
    const { name, parameters } = definition
    const routine: Routine = { name, depth: place.depth, body: NULL }
    this.#outlined.set(inlined, routine)
    const arity = parameters.length
    this.#fill(routine, definition, withEntry(place.names, { kind: 'routine', name, arity, routine }))
    return routine
  }

  #fill(routine: Routine, definition: Definition, names: Names): void {
    let inner: Place = { names, depth: routine.depth + definition.parameters.length }
    definition.parameters.forEach(({ name }, index) => {
      const depth = routine.depth + 1 + index
      inner = { ...inner, names: withEntry(inner.names, { kind: 'parameter', name, depth }) }
    })
    routine.body = this.#bindValues(definition, inner)
  }

  /** `def f($a): …` is `def f(a): a as $a | …`. */
  #bindValues(definition: Definition, place: Place): Op {
    const values = definition.parameters.filter((parameter) => parameter.isValue)
    const step = (index: number, at: Place): Op => {
      const value = values[index]
      if (value === undefined) return this.resolve(definition.body, at)
      return this.bind(this.#reference(value.name, at), at, (inner) =>
        step(index + 1, {
          names: withEntry(inner.names, { kind: 'variable', name: value.name, depth: inner.depth }),
          depth: inner.depth,
        }),
      )
    }
    return step(0, place)
  }

  #reference(name: string, place: Place): Op {
    return this.#call({ kind: 'call', name, args: [], span: { start: 0, end: 0 } }, place)
  }

  #call(node: Extract<Node, { kind: 'call' }>, place: Place): Op {
    const found = findCallable(place.names, node.name, node.args.length)
    if (found === undefined) return this.#builtin(node, place)
    const { entry, names } = found
    switch (entry.kind) {
      case 'thunk':
        return this.resolve(entry.node, { names: entry.names, depth: place.depth })
      case 'parameter':
        return { kind: 'parameter', hops: place.depth - entry.depth }
      case 'routine': {
        const args = node.args.map((arg) => this.resolve(arg, place))
        return { kind: 'call', target: entry.routine, hops: place.depth - entry.routine.depth, args }
      }
      default:
        return this.#inline(entry, node.args, place, names)
    }
  }

  /** The function's body in the place of the call. When a program has grown too much that way, a call after all. */
  #inline({ definition, depth }: FunctionEntry, args: Node[], place: Place, names: Names | undefined): Op {
    if (this.#ops > INLINED_OPS_MAX && names !== undefined) {
      const target = this.#outlined.get(names) ?? this.#routine(definition, { names: names.up, depth }, names)
      return {
        kind: 'call',
        target,
        hops: place.depth - depth,
        args: args.map((arg) => this.resolve(arg, place)),
      }
    }
    let inner = names
    definition.parameters.forEach(({ name }, index) => {
      const node = args[index]
      if (node !== undefined) inner = withEntry(inner, { kind: 'thunk', name, node, names: place.names })
    })
    return this.#bindValues(definition, { names: inner, depth: place.depth })
  }

  #builtin(node: Extract<Node, { kind: 'call' }>, place: Place): Op {
    const signature = `${node.name}/${node.args.length}`
    const special = this.#special(signature, node.args, place)
    if (special !== undefined) return special
    const found = lookupNative(signature)
    if (found !== undefined) return this.#nativeCall(found, node.args, place)
    const definition = lookupPrelude(signature)
    const inPrelude = () => this.#prelude(definition, node.args, place)
    const loop = lookupLoop(signature)
    if (loop === undefined || this.#ops > INLINED_OPS_MAX) return inPrelude()
    return this.#loop(node, loop, place) ?? inPrelude()
  }

  #prelude(definition: Definition, args: Node[], place: Place): Op {
    const base = { names: undefined, depth: place.depth }
    const names = this.define(definition, base)
    const found = findCallable(names, definition.name, args.length)
    if (found?.entry.kind === 'function') return this.#inline(found.entry, args, place, names)
    if (found?.entry.kind !== 'routine') throw new TypeError(`No builtin ${definition.name}`)
    const ops = args.map((arg) => this.resolve(arg, place))
    return { kind: 'call', target: found.entry.routine, hops: 0, args: ops }
  }

  /** A native loop when every filter argument is bounded; value arguments are bound first when they are not simple. */
  #loop(node: Extract<Node, { kind: 'call' }>, values: readonly boolean[], place: Place): Op | undefined {
    const trial = node.args.map((arg) => this.resolve(arg, place))
    if (!trial.every(isBounded)) return undefined
    const build = (args: Op[], at: Place, nodes: Node[]): Op => ({
      kind: 'loop',
      loop: `${node.name}/${nodes.length}`,
      args,
      fallback: memoize(() => this.#prelude(lookupPrelude(`${node.name}/${nodes.length}`), nodes, at)),
    })
    if (trial.every((arg, index) => values[index] !== true || isSimple(arg)))
      return build(trial, place, node.args)
    return this.#valuesFirst(node, values, place)
  }

  /** `name(a; f)` with a value argument that may give several: `a as $v | name($v; f)`. */
  #valuesFirst(node: Extract<Node, { kind: 'call' }>, values: readonly boolean[], place: Place): Op {
    const step = (index: number, args: Node[], at: Place): Op => {
      const arg = node.args[index]
      if (arg === undefined) return this.#builtin({ ...node, args }, at)
      const hidden: Node = { kind: 'call', name: `*argument${index}`, args: [], span: node.span }
      const thunk: Names = withEntry(at.names, {
        kind: 'thunk',
        name: hidden.name,
        node: arg,
        names: place.names,
      })
      if (values[index] !== true) return step(index + 1, [...args, hidden], { names: thunk, depth: at.depth })
      const source = this.resolve(arg, { names: place.names, depth: at.depth })
      return this.bind(source, at, ({ names, depth }) => {
        const variable: Node = { kind: 'variable', name: hidden.name, span: node.span }
        const inner = withEntry(names, { kind: 'variable', name: hidden.name, depth })
        return step(index + 1, [...args, variable], { names: inner, depth })
      })
    }
    return step(0, [], place)
  }

  #special(signature: string, args: Node[], place: Place): Op | undefined {
    const [first] = args
    switch (signature) {
      case 'empty/0':
        return { kind: 'native', name: 'empty', run: () => undefined, args: [], mayBeEmpty: true }
      case 'path/1':
        return first && { kind: 'path', body: this.resolve(first, place) }
      case 'first/1':
        return first && { kind: 'first', body: this.resolve(first, place) }
      case 'getpath/1':
        return (
          first &&
          this.#withSimple([this.resolve(first, place)], 'last', ([path = NULL]) => ({
            kind: 'getpath',
            path,
          }))
        )
      case '_modify/2':
        return this.#update(args, place)
      default:
        return undefined
    }
  }

  #update([paths, update]: Node[], place: Place): Op | undefined {
    if (paths === undefined || update === undefined) return undefined
    const op: Op = { kind: 'update', paths: this.resolve(paths, place), update: this.resolve(update, place) }
    if (isBounded(op.paths) && isBounded(op.update)) return op
    return this.#prelude(lookupPrelude('_modify_each/2'), [paths, update], place)
  }

  #nativeCall(found: Native, args: Node[], place: Place): Op {
    const ops = args.map((arg) => this.resolve(arg, place))
    const { name, run, mayBeEmpty } = found
    return this.#withSimple(ops, found.order, (simple) => ({
      kind: 'native',
      name,
      run,
      args: simple,
      mayBeEmpty,
    }))
  }

  /** Binds the operands that may give several outputs; `order` says which of them varies slowest. */
  #withSimple(operands: Op[], order: 'first' | 'last', build: (simple: Op[]) => Op): Op {
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
    return this.#withSimple(
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
    return this.#withSimple(parts, 'last', (simple) => ({ kind: 'text', parts: simple }))
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
    const key = this.#withSimple([from, to], 'first', ([start = NULL, end = NULL]) => ({
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
    return this.#update([paths, update], place) ?? NULL
  }

  #object(entries: { key: Node; value: Node }[], place: Place): Op {
    const operands = entries.flatMap(({ key, value }) => [
      this.resolve(key, place),
      this.resolve(value, place),
    ])
    return this.#withSimple(operands, 'first', (simple) => ({
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

function memoize(make: () => Op): () => Op {
  let made: Op | undefined
  return () => (made ??= make())
}
