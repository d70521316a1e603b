import * as fc from 'fast-check'
import type SemVer from 'semver/classes/semver.js'
import parseVersion from 'semver/functions/parse.js'
import satisfies from 'semver/functions/satisfies.js'
import { expect, test } from 'vitest'
import {
  between,
  complement,
  everyVersion,
  exactly,
  has,
  intersection,
  isDisjoint,
  isEmpty,
  isEqual,
  isSubset,
  noVersion,
  parseRange,
  union,
  type VersionSet,
} from '../../src/resolution/version_set.ts'

const numbers = fc.nat({ max: 2 })
const tuple = fc.tuple(numbers, numbers, numbers).map((parts) => parts.join('.'))
const prerelease = fc.array(fc.constantFrom('0', '1', 'a', 'b', 'rc'), { minLength: 1, maxLength: 3 })
const version = fc.oneof(
  tuple,
  fc.tuple(tuple, prerelease).map(([release, identifiers]) => `${release}-${identifiers.join('.')}`),
)
const comparator = fc.oneof(
  fc.tuple(fc.constantFrom('', '=', '<', '<=', '>', '>=', '^', '~'), version).map((parts) => parts.join('')),
  fc.constantFrom('*', '1', '1.x', '^1', '~1.2', '<2', '>=0.1', '0.x'),
)
const conjunction = fc.oneof(
  fc.array(comparator, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(' ')),
  fc.tuple(version, version).map((ends) => ends.join(' - ')),
)
const range = fc.array(conjunction, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(' || '))

function point(text: string): SemVer {
  const parsed = parseVersion(text)
  if (parsed === null) throw new Error(`${text} is no version`)
  return parsed
}

function set(text: string): VersionSet {
  const parsed = parseRange(text)
  if (parsed === undefined) throw new Error(`${text} is no range`)
  return parsed
}

/** Every version that the arbitraries make of few identifiers, so that a law can be looked at in all of its places. */
const places: readonly SemVer[] = ['0', '1', '2', '3'].flatMap((major) =>
  ['0', '1', '2'].flatMap((minor) =>
    ['0', '1', '2', '3'].flatMap((patch) =>
      ['', '-0', '-0.0', '-1', '-a', '-a.0', '-a.a', '-b', '-rc', '-rc.1'].map((tail) =>
        point(`${major}.${minor}.${patch}${tail}`),
      ),
    ),
  ),
)

test('a version is in the set of a range exactly when it satisfies the range', () => {
  fc.assert(
    fc.property(range, version, (text, candidate) => {
      expect(has(set(text), point(candidate))).toBe(satisfies(candidate, text))
    }),
    { numRuns: 5_000 },
  )
})

test('intersection, union and complement hold version by version', () => {
  fc.assert(
    fc.property(range, range, version, (left, right, candidate) => {
      const place = point(candidate)
      const inLeft = satisfies(candidate, left)
      const inRight = satisfies(candidate, right)
      expect(has(intersection(set(left), set(right)), place)).toBe(inLeft && inRight)
      expect(has(union(set(left), set(right)), place)).toBe(inLeft || inRight)
      expect(has(complement(set(left)), place)).toBe(!inLeft)
    }),
    { numRuns: 3_000 },
  )
})

test('a set has one form: the laws of a Boolean algebra hold as equality', () => {
  fc.assert(
    fc.property(range, range, range, (first, second, third) => {
      const [a, b, c] = [set(first), set(second), set(third)]
      const equal = (left: VersionSet, right: VersionSet): void => expect(isEqual(left, right)).toBe(true)
      equal(complement(complement(a)), a)
      equal(complement(union(a, b)), intersection(complement(a), complement(b)))
      equal(intersection(a, union(b, c)), union(intersection(a, b), intersection(a, c)))
      equal(union(a, complement(a)), everyVersion)
      equal(intersection(a, complement(a)), noVersion)
      equal(union(a, intersection(a, b)), a)
    }),
    { numRuns: 1_000 },
  )
})

test('subset and disjoint agree with intersection, and with every version there is', () => {
  fc.assert(
    fc.property(range, range, (left, right) => {
      const [a, b] = [set(left), set(right)]
      expect(isSubset(a, b)).toBe(isEqual(intersection(a, b), a))
      expect(isDisjoint(a, b)).toBe(isEmpty(intersection(a, b)))
      if (isSubset(a, b)) expect(places.filter((place) => has(a, place) && !has(b, place))).toEqual([])
      if (isDisjoint(a, b)) expect(places.filter((place) => has(a, place) && has(b, place))).toEqual([])
    }),
    { numRuns: 500 },
  )
})

test('a range lets in only pre-releases of a version that it names', () => {
  expect(has(set('^1.0.0'), point('1.1.0-a'))).toBe(false)
  expect(has(set('^1.1.0-a'), point('1.1.0-b'))).toBe(true)
  expect(has(set('^1.1.0-a'), point('1.2.0-b'))).toBe(false)
  expect(has(set('*'), point('1.0.0-a'))).toBe(false)
  expect(isSubset(set('*'), everyVersion)).toBe(true)
  expect(isEqual(set('*'), everyVersion)).toBe(false)
})

test('nothing lies between a version and the next', () => {
  expect(isEmpty(set('>1.2.3 <1.2.4'))).toBe(true)
  expect(isEmpty(set('>1.2.3-a <1.2.3-a.0'))).toBe(true)
  expect(isEmpty(set('>1.2.3 <1.3.0'))).toBe(false)
})

test('what does not narrow leaves the other as it is, with its text', () => {
  const narrow = set('^1.2.0')
  expect(intersection(narrow, set('>=1.0.0'))).toBe(narrow)
  expect(union(set('1.3.0'), narrow)).toBe(narrow)
  expect(narrow.text).toBe('^1.2.0')
})

test('from one cut to another is everything between, pre-releases too', () => {
  const span = between({ version: point('1.0.0-a'), after: true }, { version: point('2.0.0'), after: false })
  const inside = ({ version }: SemVer): boolean =>
    satisfies(version, '>1.0.0-a <2.0.0', { includePrerelease: true })
  expect(versionsIn(span)).toEqual(places.filter(inside).map(({ version }) => version))
  expect(versionsIn(exactly(point('1.1.1-a')))).toEqual(['1.1.1-a'])
})

test('a text that is no range has no set', () => {
  expect(parseRange('one or two')).toBeUndefined()
})

function versionsIn(span: VersionSet): string[] {
  return places.filter((place) => has(span, place)).map(({ version }) => version)
}
