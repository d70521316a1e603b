/**
 * Destructuring as a chain of bindings: `. as [$a, {b: $c}]` binds `.[1]`, then its `.b`, then `.[0]`.
 *
 * A variable is the node that its value is bound to already, so taking something apart costs one node a step.
 */
import type { Pattern } from '../syntax/ast.ts'
import { withEntry } from './names.ts'
import { NULL, type Op } from './ops.ts'
import type { Place, Resolver } from './resolve.ts'
import { pipe } from './shift.ts'

type Then = (place: Place) => Op

/** Takes apart the value in the topmost node of `place`. Keys see the names of `keys`, as in jq. */
export function resolvePatterns(
  resolver: Resolver,
  patterns: Pattern[],
  place: Place,
  keys: Place,
  then: Then,
): Op {
  const matcher = new Matcher(resolver, keys)
  const [only] = patterns
  if (only !== undefined && patterns.length === 1) return matcher.match(only, place.depth, place, then)
  const names = [...new Set(patterns.flatMap(variablesOf))]
  return resolver.bind(NULL, place, (inner) => {
    const depth = inner.depth
    const start = names.reduce<Place>(
      (at, name) => ({ names: withEntry(at.names, { kind: 'variable', name, depth }), depth }),
      inner,
    )
    return {
      kind: 'branches',
      branches: patterns.map((pattern) => matcher.match(pattern, place.depth, start, then)),
    }
  })
}

export function variablesOf(pattern: Pattern): string[] {
  if (pattern.kind === 'variable') return [pattern.name]
  if (pattern.kind === 'array') return pattern.elements.flatMap(variablesOf)
  return pattern.entries.flatMap((entry) => [
    ...(entry.bind === undefined ? [] : [entry.bind]),
    ...(entry.pattern === undefined ? [] : variablesOf(entry.pattern)),
  ])
}

class Matcher {
  readonly #resolver: Resolver
  readonly #keys: Place

  constructor(resolver: Resolver, keys: Place) {
    this.#resolver = resolver
    this.#keys = keys
  }

  match(pattern: Pattern, depth: number, place: Place, then: Then): Op {
    switch (pattern.kind) {
      case 'variable':
        return then({
          ...place,
          names: withEntry(place.names, { kind: 'variable', name: pattern.name, depth }),
        })
      case 'array':
        return this.#elements(pattern.elements, pattern.elements.length - 1, depth, place, then)
      case 'object':
        return this.#entries(pattern.entries, 0, depth, place, then)
    }
  }

  /** jq takes the last element first. */
  #elements(elements: Pattern[], index: number, depth: number, place: Place, then: Then): Op {
    const element = elements[index]
    if (element === undefined) return then(place)
    const key: Op = { kind: 'literal', value: index }
    const source = pipe(this.#value(depth, place), { kind: 'index', key, optional: false })
    return this.#resolver.bind(source, place, (inner) =>
      this.match(element, inner.depth, inner, (matched) =>
        this.#elements(elements, index - 1, depth, matched, then),
      ),
    )
  }

  #entries(
    entries: Extract<Pattern, { kind: 'object' }>['entries'],
    index: number,
    depth: number,
    place: Place,
    then: Then,
  ): Op {
    const entry = entries[index]
    if (entry === undefined) return then(place)
    const keyOp = this.#resolver.resolve(entry.key, { names: this.#keys.names, depth: place.depth })
    const value = this.#value(depth, place)
    const rest = (inner: Place) => this.#entries(entries, index + 1, depth, inner, then)
    const bound = (inner: Place): Op => {
      const names =
        entry.bind === undefined
          ? inner.names
          : withEntry(inner.names, { kind: 'variable', name: entry.bind, depth: inner.depth })
      const next = { names, depth: inner.depth }
      return entry.pattern === undefined ? rest(next) : this.match(entry.pattern, inner.depth, next, rest)
    }
    if (keyOp.kind === 'literal') {
      return this.#resolver.bind(pipe(value, { kind: 'index', key: keyOp, optional: false }), place, bound)
    }
    return this.#resolver.bind(pipe(value, keyOp), place, (keyed) => {
      const key: Op = { kind: 'variable', hops: 0 }
      return this.#resolver.bind(
        pipe(this.#value(depth, keyed), { kind: 'index', key, optional: false }),
        keyed,
        bound,
      )
    })
  }

  #value(depth: number, place: Place): Op {
    return { kind: 'variable', hops: place.depth - depth }
  }
}
