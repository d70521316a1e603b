/** Changes of a document as a tree of values, whatever its text looks like. */
import * as fc from 'fast-check'
import { parse } from 'yaml'
import { nth, type Change } from './change.ts'
import {
  bareExpressions,
  durations,
  names,
  numbers,
  taskWords,
  values,
  words,
  wrappedExpressions,
  wrappedHeavy,
} from './hostile.ts'
import { quickSeeds } from './seeds.ts'
import { leaf, placesOf, replaceMember, treeOf, type Member, type Place, type Tree } from './tree.ts'

/** Puts other members in the place of one that fits. Nothing changes where none does. */
function inPlace(
  fits: (place: Place) => boolean,
  number: number,
  replace: (place: Place, places: readonly Place[]) => readonly Member[],
): (tree: Tree) => Tree {
  return (tree) => {
    const places = placesOf(tree)
    const place = nth(places.filter(fits), number)
    return place ? replaceMember(tree, place.at, replace(place, places)) : tree
  }
}

const anywhere = (): boolean => true
const isLeaf =
  (of: RegExp) =>
  (place: Place): boolean =>
    place.value.kind === 'leaf' && of.test(place.value.text)
const isNumber = isLeaf(/^-?\d/)
const isExpression = isLeaf(/^"\s*[$.]|\$\w|\|/)
const isDuration = ({ name }: Place): boolean => /^(?:wait|after|delay|duration|every|from|to)$/.test(name)
const isAmount = ({ name }: Place): boolean => /^(?:milli)?seconds$|^count$|^concurrency$/.test(name)
const isTask = ({ name, value }: Place): boolean =>
  name !== '' && value.kind === 'map' && value.members.some((member) => taskWords.includes(member.name))

type TreeChange = fc.Arbitrary<Change<Tree>>

/** A change that puts one of these texts where it fits. */
function puts(what: string, fits: (place: Place) => boolean, texts: readonly string[]): TreeChange {
  return fc.record({ at: fc.nat(), text: fc.constantFrom(...texts) }).map(({ at, text }) => ({
    what: `${what} ${text.slice(0, 60)}`,
    make: inPlace(fits, at, ({ name }) => [{ name, value: leaf(text) }]),
  }))
}

const removal: TreeChange = fc.nat().map((at) => ({ what: 'remove', make: inPlace(anywhere, at, () => []) }))

const doubling: TreeChange = fc.nat().map((at) => ({
  what: 'double',
  make: inPlace(anywhere, at, ({ name, value }) => [
    { name, value },
    { name, value },
  ]),
}))

const renaming: TreeChange = fc
  .record({ at: fc.nat(), to: fc.constantFrom(...words, ...names) })
  .map(({ at, to }) => ({
    what: `rename to ${to.slice(0, 60)}`,
    make: inPlace(
      ({ name }) => name !== '',
      at,
      ({ value }) => [{ name: to, value }],
    ),
  }))

/** A value from elsewhere in the document. */
const copying: TreeChange = fc.record({ at: fc.nat(), from: fc.nat() }).map(({ at, from }) => ({
  what: 'copy',
  make: inPlace(anywhere, at, ({ name, value }, places) => [
    { name, value: nth(places, from)?.value ?? value },
  ]),
}))

/** A value from another document. */
const grafting: TreeChange = fc
  .record({ at: fc.nat(), seed: fc.nat(), from: fc.nat(), keepsName: fc.boolean() })
  .map(({ at, seed, from, keepsName }) => ({
    what: 'graft',
    make: inPlace(anywhere, at, ({ name, value }) => {
      const other = nth(placesOf(treeOf(parse(nth(quickSeeds, seed)?.text ?? ''))), from)
      return other
        ? [{ name: keepsName || name === '' ? name : other.name, value: other.value }]
        : [{ name, value }]
    }),
  }))

/** What may stand in the place of another, as far as its name and shape tell. */
function isLike(one: Place, other: Place): boolean {
  if (isTask(one) || isTask(other)) return isTask(one) && isTask(other)
  if (isExpression(one)) return isExpression(other)
  return one.name !== '' && one.name === other.name && one.value.kind === other.value.kind
}

/** A value from another document, to a place where one like it was. */
const transplanting: TreeChange = fc
  .record({ at: fc.nat(), seed: fc.nat(), from: fc.nat() })
  .map(({ at, seed, from }) => ({
    what: 'transplant',
    make: inPlace(anywhere, at, (place, places) => {
      const others = [...placesOf(treeOf(parse(nth(quickSeeds, seed)?.text ?? ''))), ...places]
      const other = nth(
        others.filter((each) => isLike(place, each)),
        from,
      )
      return [{ name: place.name, value: other?.value ?? place.value }]
    }),
  }))

const swapping: TreeChange = fc.record({ at: fc.nat(), with: fc.nat() }).map(({ at, with: other }) => ({
  what: 'swap',
  make: (tree) => {
    const places = placesOf(tree)
    const [one, two] = [nth(places, at), nth(places, other)]
    if (!one || !two || isInside(one, two) || isInside(two, one)) return tree
    const half = replaceMember(tree, one.at, [{ name: one.name, value: two.value }])
    return replaceMember(half, two.at, [{ name: two.name, value: one.value }])
  },
}))

function isInside(inner: Place, outer: Place): boolean {
  return outer.at.every((index, depth) => inner.at[depth] === index)
}

/** A value in many lists or objects. */
const nesting: TreeChange = fc
  .record({
    at: fc.nat(),
    depth: fc.integer({ min: 1, max: 300 }),
    kind: fc.constantFrom('list', 'map', 'do'),
  })
  .map(({ at, depth, kind }) => ({
    what: `nest ${depth} deep in ${kind}`,
    make: inPlace(kind === 'do' ? isTask : anywhere, at, ({ name, value }) => [
      {
        name,
        value: Array.from({ length: kind === 'do' ? depth % 40 : depth }).reduce<Tree>(around(kind), value),
      },
    ]),
  }))

function around(kind: string): (inner: Tree) => Tree {
  const list = (inner: Tree): Tree => ({ kind: 'list', members: [{ name: '', value: inner }] })
  const map = (name: string, inner: Tree): Tree => ({ kind: 'map', members: [{ name, value: inner }] })
  if (kind === 'do') return (inner) => map('do', list(map('in', inner)))
  return kind === 'list' ? list : (inner) => map('a', inner)
}

/** Another member for a map, of those that a task may have among others. */
const addition: TreeChange = fc
  .record({
    at: fc.nat(),
    name: fc.constantFrom('if', 'then', 'input', 'output', 'export', 'timeout', 'while', 'foreach', ...names),
    text: fc.constantFrom(...values, ...wrappedExpressions, ...bareExpressions),
  })
  .map(({ at, name, text }) => ({
    what: `add ${name.slice(0, 60)}: ${text.slice(0, 60)}`,
    make: inPlace(
      ({ value }) => value.kind === 'map',
      at,
      (place) => [withMember(place, { name, value: leaf(text) })],
    ),
  }))

function withMember({ name, value }: Place, member: Member): Member {
  if (value.kind === 'leaf') return { name, value }
  return {
    name,
    value: { ...value, members: [...value.members.filter((each) => each.name !== member.name), member] },
  }
}

/** A flow that leads somewhere else: to the task itself, back, out of the list, or nowhere. */
const leading: TreeChange = fc.record({ at: fc.nat(), to: fc.nat({ max: 40 }) }).map(({ at, to }) => ({
  what: 'lead elsewhere',
  make: inPlace(isTask, at, (place, places) => {
    const targets = [
      place.name,
      'exit',
      'end',
      'continue',
      ...places.filter(isTask).map(({ name }) => name),
      'nowhere',
    ]
    return [withMember(place, { name: 'then', value: leaf(JSON.stringify(nth(targets, to))) })]
  }),
}))

const treeChange: TreeChange = fc.oneof(
  { weight: 4, arbitrary: removal },
  { weight: 1, arbitrary: doubling },
  { weight: 2, arbitrary: renaming },
  { weight: 3, arbitrary: copying },
  { weight: 2, arbitrary: grafting },
  { weight: 20, arbitrary: transplanting },
  { weight: 3, arbitrary: swapping },
  { weight: 3, arbitrary: nesting },
  { weight: 4, arbitrary: addition },
  { weight: 8, arbitrary: leading },
  { weight: 4, arbitrary: puts('value', anywhere, values) },
  { weight: 3, arbitrary: puts('number', isNumber, numbers) },
  { weight: 4, arbitrary: puts('amount', isAmount, numbers) },
  { weight: 8, arbitrary: puts('duration', isDuration, durations) },
  { weight: 24, arbitrary: puts('expression', isExpression, wrappedExpressions) },
  { weight: 6, arbitrary: puts('expression', isExpression, bareExpressions) },
  { weight: 2, arbitrary: puts('expression', anywhere, wrappedExpressions) },
)

/** How many changes in a hundred put in an expression that keeps the machine busy. */
const heavyShare = 0.5
const heavyChange = puts('expression', isExpression, wrappedHeavy)

export const anyTreeChange = fc.oneof(
  { weight: 200 - 2 * heavyShare, arbitrary: treeChange },
  { weight: 2 * heavyShare, arbitrary: heavyChange },
)
