/**
 * Documents that somebody got wrong: a valid one, changed in one to four places, as a tree of values or as the text it is.
 * A change is made of numbers that are small for simple changes, so that a document at fault shrinks to a simple one.
 */
import * as fc from 'fast-check'
import { parse } from 'yaml'
import { quickSeeds, slowSeeds, type Seed } from './seeds.ts'
import { textChange } from './text_mutations.ts'
import { textOf, treeOf } from './tree.ts'
import { anyTreeChange } from './tree_mutations.ts'

export interface MutatedDocument {
  readonly seed: string
  /** What was done to it, in order. */
  readonly changes: readonly string[]
  readonly text: string
}

/** Larger documents are for the tests of the parser. */
const textLengthMax = 200_000

const anySeed = fc.oneof(
  { weight: 24, arbitrary: fc.constantFrom(...quickSeeds) },
  { weight: 1, arbitrary: fc.constantFrom(...slowSeeds) },
)

/** Mostly one: a document that is wrong in many places is refused for the first. */
function severalOf<T>(change: fc.Arbitrary<T>): fc.Arbitrary<readonly T[]> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.tuple(change) },
    { weight: 3, arbitrary: fc.tuple(change, change) },
    { weight: 1, arbitrary: fc.tuple(change, change, change, change) },
  )
}

const byTree = fc.tuple(anySeed, severalOf(anyTreeChange)).map(([seed, changes]) => {
  const tree = changes.reduce((from, { make }) => make(from), treeOf(parse(seed.text)))
  return mutated(seed, changes, textOf(tree))
})

const byText = fc.tuple(anySeed, severalOf(textChange)).map(([seed, changes]) =>
  mutated(
    seed,
    changes,
    changes.reduce((from, { make }) => make(from), seed.text),
  ),
)

function mutated(seed: Seed, changes: readonly { readonly what: string }[], text: string): MutatedDocument {
  return { seed: seed.name, changes: changes.map(({ what }) => what), text: text.slice(0, textLengthMax) }
}

export const mutatedDocument: fc.Arbitrary<MutatedDocument> = fc.oneof(
  { weight: 3, arbitrary: byTree },
  { weight: 1, arbitrary: byText },
)
