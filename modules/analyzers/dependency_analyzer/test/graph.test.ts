/** What is said of any graph: proved against plain ways of computing the same. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { Digraph } from '../graph/digraph.ts'
import { describe } from '../graph/describe.ts'

type Pair = readonly [number, number]

const sizeMax = 9
const nodes = fc.integer({ min: 1, max: sizeMax })
const anyEdges = fc.array(fc.tuple(fc.nat(sizeMax - 1), fc.nat(sizeMax - 1)), { maxLength: 40, size: 'max' })

function build(size: number, pairs: readonly Pair[]): { graph: Digraph; names: string[] } {
  const graph = new Digraph(size)
  for (const [from, to] of pairs) if (from < size && to < size) graph.add(from, to, 'x')
  return { graph, names: Array.from({ length: size }, (_, node) => String(node)) }
}

/** Which node reaches which, by Warshall. */
function reach(size: number, edges: readonly { from: string; to: string }[]): string {
  const reached = new Set(edges.map(({ from, to }) => `${from}>${to}`))
  for (let through = 0; through < size; through++)
    for (let from = 0; from < size; from++)
      for (let to = 0; to < size; to++)
        if (reached.has(`${from}>${through}`) && reached.has(`${through}>${to}`)) reached.add(`${from}>${to}`)
  return [...reached].toSorted().join(' ')
}

const upward = (pairs: readonly Pair[]): Pair[] => pairs.filter(([from, to]) => from < to)
const ones = (size: number): number[] => Array.from({ length: size }, () => 1)

test('the reduction reaches what the graph reaches, whether or not it goes in circles', () => {
  fc.assert(
    fc.property(nodes, anyEdges, (size, pairs) => {
      const { graph, names } = build(size, pairs)
      const { edges, reduced } = describe(graph, names, ones(size))
      expect(reach(size, reduced)).toBe(reach(size, edges))
    }),
  )
})

test('no edge of the reduction of a graph without circles can be left out', () => {
  fc.assert(
    fc.property(nodes, anyEdges, (size, pairs) => {
      const { graph, names } = build(size, upward(pairs))
      const { reduced } = describe(graph, names, ones(size))
      for (const edge of reduced) {
        const rest = reduced.filter((other) => other !== edge)
        expect(reach(size, rest)).not.toBe(reach(size, reduced))
      }
    }),
  )
})

test('each task is on a level above all that it needs, and just above one of them', () => {
  fc.assert(
    fc.property(nodes, anyEdges, (size, pairs) => {
      const { graph, names } = build(size, upward(pairs))
      const { edges, levels } = describe(graph, names, ones(size))
      const levelOf = (name: string): number => levels.findIndex((level) => level.includes(name))
      expect(levels.flat().toSorted()).toEqual(names.toSorted())
      for (const name of names) {
        const needs = edges.filter(({ to }) => to === name).map(({ from }) => levelOf(from))
        expect(levelOf(name)).toBe(needs.length === 0 ? 0 : Math.max(...needs) + 1)
      }
    }),
  )
})

test('the critical path is a path, and as long as the longest that there is', () => {
  const durations = fc.array(fc.nat(20), { minLength: sizeMax, maxLength: sizeMax })
  fc.assert(
    fc.property(nodes, anyEdges, durations, (size, pairs, lasts) => {
      const { graph, names } = build(size, upward(pairs))
      const { edges, critical_path: path, length } = describe(graph, names, lasts)
      const from = (node: string): number =>
        (lasts[Number(node)] ?? 0) +
        Math.max(0, ...edges.filter((edge) => edge.from === node).map(({ to }) => from(to)))
      expect(length).toBe(Math.max(...names.map(from)))
      expect(path.reduce((sum, node) => sum + (lasts[Number(node)] ?? 0), 0)).toBe(length)
      for (const [at, node] of path.slice(1).entries())
        expect(edges.some((edge) => edge.from === path[at] && edge.to === node)).toBe(true)
    }),
  )
})

test('there is a cycle for each node that reaches itself, and it is one', () => {
  fc.assert(
    fc.property(nodes, anyEdges, (size, pairs) => {
      const { graph, names } = build(size, pairs)
      const { edges, cycles } = describe(graph, names, ones(size))
      const reached = reach(size, edges)
      expect(cycles.length > 0).toBe(names.some((name) => reached.split(' ').includes(`${name}>${name}`)))
      for (const cycle of cycles)
        for (const [at, node] of cycle.entries())
          expect(edges.some(({ from, to }) => from === node && to === cycle[(at + 1) % cycle.length])).toBe(
            true,
          )
    }),
  )
})
