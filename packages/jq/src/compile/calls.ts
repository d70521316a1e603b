/**
 * Definitions and calls: functions that do not call themselves are inlined, the others become routines.
 *
 * An argument of an inlined function is resolved again wherever the function uses it. When a program has grown too
 * much that way, its functions become routines too.
 */
import type { Definition, Node } from '../syntax/ast.ts'
import type { BuiltinCalls } from './builtin_calls.ts'
import { mentionsItself } from './check.ts'
import { findCallable, type FunctionEntry, type Names, withEntry } from './names.ts'
import { NULL, type Op, type Routine } from './ops.ts'
import type { Place, Resolver } from './resolve.ts'

export const INLINED_OPS_MAX = 20_000

export class Calls {
  readonly #resolver: Resolver
  readonly #builtins: BuiltinCalls
  readonly #outlined = new WeakMap<Names, Routine>()

  constructor(resolver: Resolver, builtins: BuiltinCalls) {
    this.#resolver = resolver
    this.#builtins = builtins
  }

  define(definition: Definition, place: Place): Names {
    const { name, parameters } = definition
    const arity = parameters.length
    const mayInline = this.#resolver.size < INLINED_OPS_MAX && !mentionsItself(definition)
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
      if (value === undefined) return this.#resolver.resolve(definition.body, at)
      return this.#resolver.bind(this.#reference(value.name, at), at, (inner) =>
        step(index + 1, {
          names: withEntry(inner.names, { kind: 'variable', name: value.name, depth: inner.depth }),
          depth: inner.depth,
        }),
      )
    }
    return step(0, place)
  }

  #reference(name: string, place: Place): Op {
    return this.call({ kind: 'call', name, args: [], span: { start: 0, end: 0 } }, place)
  }

  call(node: Extract<Node, { kind: 'call' }>, place: Place): Op {
    const found = findCallable(place.names, node.name, node.args.length)
    if (found === undefined) return this.#builtins.call(node, place)
    const { entry, names } = found
    switch (entry.kind) {
      case 'thunk':
        return this.#resolver.resolve(entry.node, { names: entry.names, depth: place.depth })
      case 'parameter':
        return { kind: 'parameter', hops: place.depth - entry.depth }
      case 'routine': {
        const args = node.args.map((arg) => this.#resolver.resolve(arg, place))
        return { kind: 'call', target: entry.routine, hops: place.depth - entry.routine.depth, args }
      }
      default:
        return this.inline(entry, node.args, place, names)
    }
  }

  /** The function's body in the place of the call. When a program has grown too much that way, a call after all. */
  inline({ definition, depth }: FunctionEntry, args: Node[], place: Place, names: Names | undefined): Op {
    if (this.#resolver.size > INLINED_OPS_MAX && names !== undefined) {
      const target = this.#outlined.get(names) ?? this.#routine(definition, { names: names.up, depth }, names)
      return {
        kind: 'call',
        target,
        hops: place.depth - depth,
        args: args.map((arg) => this.#resolver.resolve(arg, place)),
      }
    }
    let inner = names
    definition.parameters.forEach(({ name }, index) => {
      const node = args[index]
      if (node !== undefined) inner = withEntry(inner, { kind: 'thunk', name, node, names: place.names })
    })
    return this.#bindValues(definition, { names: inner, depth: place.depth })
  }
}
