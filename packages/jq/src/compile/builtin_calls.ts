/** Calls of builtins: natives, native loops, definitions in the prelude, and the few that are ops of their own. */
import { lookupLoop, lookupNative, lookupPrelude, type Native } from '../builtins/catalog.ts'
import type { Definition, Node } from '../syntax/ast.ts'
import { type Calls, INLINED_OPS_MAX } from './calls.ts'
import { findCallable, type Names, withEntry } from './names.ts'
import { isBounded, isSimple, NULL, type Op } from './ops.ts'
import type { Place, Resolver } from './resolve.ts'

export class BuiltinCalls {
  readonly #resolver: Resolver
  readonly #lookupCalls: () => Calls

  /** The two kinds of calls need each other, so one of them is handed in later. */
  constructor(resolver: Resolver, lookupCalls: () => Calls) {
    this.#resolver = resolver
    this.#lookupCalls = lookupCalls
  }

  get #calls(): Calls {
    return this.#lookupCalls()
  }

  call(node: Extract<Node, { kind: 'call' }>, place: Place): Op {
    const signature = `${node.name}/${node.args.length}`
    const special = this.#special(signature, node.args, place)
    if (special !== undefined) return special
    const found = lookupNative(signature)
    if (found !== undefined) return this.#nativeCall(found, node.args, place)
    const definition = lookupPrelude(signature)
    const inPrelude = () => this.#prelude(definition, node.args, place)
    const loop = lookupLoop(signature)
    if (loop === undefined || this.#resolver.size > INLINED_OPS_MAX) return inPrelude()
    return this.#loop(node, loop, place) ?? inPrelude()
  }

  #prelude(definition: Definition, args: Node[], place: Place): Op {
    const base = { names: undefined, depth: place.depth }
    const names = this.#calls.define(definition, base)
    const found = findCallable(names, definition.name, args.length)
    if (found?.entry.kind === 'function') return this.#calls.inline(found.entry, args, place, names)
    if (found?.entry.kind !== 'routine') throw new TypeError(`No builtin ${definition.name}`)
    const ops = args.map((arg) => this.#resolver.resolve(arg, place))
    return { kind: 'call', target: found.entry.routine, hops: 0, args: ops }
  }

  /** A native loop when every filter argument is bounded; value arguments are bound first when they are not simple. */
  #loop(node: Extract<Node, { kind: 'call' }>, values: readonly boolean[], place: Place): Op | undefined {
    const trial = node.args.map((arg) => this.#resolver.resolve(arg, place))
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
      if (arg === undefined) return this.call({ ...node, args }, at)
      const hidden: Node = { kind: 'call', name: `*argument${index}`, args: [], span: node.span }
      const thunk: Names = withEntry(at.names, {
        kind: 'thunk',
        name: hidden.name,
        node: arg,
        names: place.names,
      })
      if (values[index] !== true) return step(index + 1, [...args, hidden], { names: thunk, depth: at.depth })
      const source = this.#resolver.resolve(arg, { names: place.names, depth: at.depth })
      return this.#resolver.bind(source, at, ({ names, depth }) => {
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
        return first && { kind: 'path', body: this.#resolver.resolve(first, place) }
      case 'first/1':
        return first && { kind: 'first', body: this.#resolver.resolve(first, place) }
      case 'getpath/1':
        return (
          first &&
          this.#resolver.withSimple([this.#resolver.resolve(first, place)], 'last', ([path = NULL]) => ({
            kind: 'getpath',
            path,
          }))
        )
      case '_modify/2':
        return this.update(args, place)
      default:
        return undefined
    }
  }

  update([paths, update]: Node[], place: Place): Op | undefined {
    if (paths === undefined || update === undefined) return undefined
    const op: Op = {
      kind: 'update',
      paths: this.#resolver.resolve(paths, place),
      update: this.#resolver.resolve(update, place),
    }
    if (isBounded(op.paths) && isBounded(op.update)) return op
    return this.#prelude(lookupPrelude('_modify_each/2'), [paths, update], place)
  }

  #nativeCall(found: Native, args: Node[], place: Place): Op {
    const ops = args.map((arg) => this.#resolver.resolve(arg, place))
    const { name, run, mayBeEmpty } = found
    return this.#resolver.withSimple(ops, found.order, (simple) => ({
      kind: 'native',
      name,
      run,
      args: simple,
      mayBeEmpty,
    }))
  }
}

function memoize(make: () => Op): () => Op {
  let made: Op | undefined
  return () => (made ??= make())
}
