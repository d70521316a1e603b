/** Builtins over regular expressions. */
import { codepoints } from '../values/text.ts'
import type { NativeFunction } from '../compile/ops.ts'
import { raise } from '../errors.ts'
import { compilePattern, describeMatches, matches, type Pattern, testPattern } from '../regex/pattern.ts'
import type { Run } from '../run/run.ts'
import { describe } from '../values/print.ts'
import { kindOf, type ObjectValue, isObject, setOwn, type Value } from '../values/value.ts'
import { add } from './operators.ts'

export const regexes: Readonly<Record<string, NativeFunction>> = {
  'test/1': (run, input, pattern = null) => test(run, input, ...patternAndFlags(pattern)),
  'test/2': (run, input, pattern = null, flags = null) => test(run, input, pattern, flags),
  '_match/1': (run, input, pattern = null) => match(run, input, ...patternAndFlags(pattern)),
  '_match/2': (run, input, pattern = null, flags = null) => match(run, input, pattern, flags),
  '_captured/0': (_run, input) => captured(input),
  '_scan/2': scan,
  'split/2': split,
  '_substitute/2': substitute,
}

/** What `match`, `test` and `capture` take as their only argument: a pattern, or a pattern and flags in an array. */
function patternAndFlags(argument: Value): [Value, Value] {
  if (typeof argument === 'string') return [argument, null]
  if (Array.isArray(argument) && argument.length > 0) return [argument[0] ?? null, argument[1] ?? null]
  return raise(`${kindOf(argument)} not a string or array`)
}

function prepare(input: Value, pattern: Value, flags: Value): { text: string; pattern: Pattern } {
  if (typeof input !== 'string') return raise(`${describe(input)} cannot be matched, as it is not a string`)
  return { text: input, pattern: compilePattern(pattern, flags) }
}

function test(run: Run, input: Value, source: Value, flags: Value): boolean {
  const { text, pattern } = prepare(input, source, flags)
  return testPattern(run, text, pattern)
}

function match(run: Run, input: Value, source: Value, flags: Value): Value {
  const { text, pattern } = prepare(input, source, flags)
  return describeMatches(run, text, pattern)
}

/** The named captures of a match as an object. */
function captured(found: Value): Value {
  const result: ObjectValue = {}
  const captures = isObject(found) ? found['captures'] : undefined
  for (const capture of Array.isArray(captures) ? captures : []) {
    if (isObject(capture) && typeof capture['name'] === 'string')
      setOwn(result, capture['name'], capture['string'] ?? null)
  }
  return result
}

/** The text of each match, or of its captures when the pattern has any. */
function scan(run: Run, input: Value, source: Value = null, flags: Value = null): Value {
  const { text, pattern } = prepare(input, source, add('g', flags, run))
  const result: Value[] = []
  for (const found of matches(run, text, pattern)) {
    run.build(32)
    result.push(
      pattern.groups.length === 0 ? found[0] : pattern.groups.map(({ index }) => found[index] ?? null),
    )
  }
  return result
}

function split(run: Run, input: Value, source: Value = null, flags: Value = null): Value {
  const { text, pattern } = prepare(input, source, add(flags, 'g', run))
  const result: Value[] = []
  let start = 0
  for (const found of matches(run, text, pattern)) {
    run.build(16)
    result.push(text.slice(start, found.index))
    start = found.index + found[0].length
  }
  return [...result, text.slice(start)]
}

/** Puts each match's replacements in its place; the n-th result takes everybody's n-th replacement. */
function substitute(run: Run, input: Value, edits: Value = null, replacements: Value = null): Value {
  if (typeof input !== 'string' || !Array.isArray(edits) || !Array.isArray(replacements)) return [input]
  const characters = codepoints(input)
  const results: Value[] = []
  let previous = 0
  edits.forEach((edit, index) => {
    const { offset, length } = boundsOf(edit)
    const gap = characters.slice(previous, offset).join('')
    const choices = replacements[index]
    const all: Value[] = Array.isArray(choices) ? choices : []
    all.forEach((choice, position) => {
      results[position] = add(results[position] ?? null, add(gap, choice, run), run)
    })
    previous = offset + length
  })
  if (results.length === 0) return [input]
  const rest = characters.slice(previous).join('')
  return results.map((result) => add(result, rest, run))
}

function boundsOf(edit: Value): { offset: number; length: number } {
  const offset = isObject(edit) ? edit['offset'] : undefined
  const length = isObject(edit) ? edit['length'] : undefined
  return { offset: typeof offset === 'number' ? offset : 0, length: typeof length === 'number' ? length : 0 }
}
