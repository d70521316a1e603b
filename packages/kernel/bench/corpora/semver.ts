/**
 * The fixtures of npm/node-semver: which versions a range includes and excludes, which ranges meet, which lies within
 * which, and which texts are ranges at all. Cases in loose mode or with all pre-releases let in are left out: Nexus has
 * neither.
 */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import parseVersion from 'semver/functions/parse.js'
import { has, isDisjoint, isSubset, parseRange } from '../../src/resolution/version_set.ts'
import type { Verdict } from './verdict.ts'

type Row = readonly [string, string, ...unknown[]]

export function semverCases(folder: string): Verdict[] {
  const load = createRequire(join(folder, 'package.json'))
  const fixture = (name: string): readonly Row[] => load(`./test/fixtures/${name}.js`) as readonly Row[]
  const strict = (name: string, rows: readonly Row[], optionsAt: number, judge: Judge): Verdict[] =>
    rows.map((row) => judgeStrict(name, row, row[optionsAt], judge))
  return [
    ...strict('range-include', fixture('range-include'), 2, ([range, version]) => includes(range, version)),
    ...strict('range-exclude', fixture('range-exclude'), 2, ([range, version]) => !includes(range, version)),
    ...strict('range-parse', fixture('range-parse'), 2, ([range, canonical]) => reads(range, canonical)),
    ...strict('range-intersection', fixture('range-intersection'), 3, meetsAsExpected),
    ...strict('comparator-intersection', fixture('comparator-intersection'), 3, meetsAsExpected),
    ...strict('subset', subsetRows(folder), 3, ([inner, outer, expected]) => {
      const [left, right] = [parseRange(inner), parseRange(outer)]
      return left !== undefined && right !== undefined && isSubset(left, right) === expected
    }),
  ]
}

type Judge = (row: Row) => boolean

function judgeStrict(fixture: string, row: Row, options: unknown, judge: Judge): Verdict {
  const name = `${fixture} ${JSON.stringify(row)}`
  if (isLenient(options)) return { kind: 'left_out', name, why: 'loose, or with all pre-releases' }
  return judge(row) ? { kind: 'agrees', name } : { kind: 'differs', name, why: 'the other way here' }
}

function isLenient(options: unknown): boolean {
  if (typeof options !== 'object' || options === null) return options === true
  return Object.entries(options).some(([, value]) => Boolean(value))
}

/** What is no version is in no range. */
function includes(range: string, version: string): boolean {
  const set = parseRange(range)
  const point = typeof version === 'string' ? parseVersion(version) : null
  return set !== undefined && point !== null && has(set, point)
}

/** A text is a range here exactly when it is one there, and stands for the same set as its canonical form. */
function reads(range: string, canonical: string | null): boolean {
  const set = parseRange(range)
  if (canonical === null || set === undefined) return canonical === null && set === undefined
  const expected = parseRange(canonical)
  return expected !== undefined && isSubset(set, expected) && isSubset(expected, set)
}

function meetsAsExpected([left, right, expected]: Row): boolean {
  const [one, other] = [parseRange(left), parseRange(right)]
  return one !== undefined && other !== undefined && !isDisjoint(one, other) === expected
}

/** The table of the subset test, which is no module of its own. */
function subsetRows(folder: string): readonly Row[] {
  const text = readFileSync(join(folder, 'test/ranges/subset.js'), 'utf8')
  const [, table = '[]'] = /const cases = (\[[\s\S]*?\n\])/.exec(text) ?? []
  return runInNewContext(table) as readonly Row[]
}
