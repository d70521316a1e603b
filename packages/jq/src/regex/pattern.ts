/**
 * Compiled patterns and their matches in jq's terms: codepoint offsets, captures by number and by name.
 *
 * JavaScript's engine cannot be interrupted: a pattern that backtracks exponentially holds the thread. Callers that
 * run strangers' patterns should do so where they can be stopped.
 */
import { raise } from '../errors.ts'
import type { Run } from '../run/run.ts'
import { describe } from '../values/print.ts'
import { codepointOffsets, codepoints } from '../values/text.ts'
import type { ObjectValue, Value } from '../values/value.ts'
import { PatternError, translate, type Translation } from './translate.ts'

export interface Pattern {
  readonly expression: RegExp
  readonly groups: Translation['groups']
  readonly isGlobal: boolean
}

const CACHED_MAX = 256

/** Compiling is pure, so the most recent patterns are kept for everybody. */
const cached = new Map<string, Pattern>()

export function compilePattern(source: Value, flags: Value): Pattern {
  if (typeof source !== 'string') return raise(`${describe(source)} is not a string`)
  if (flags !== null && typeof flags !== 'string') return raise(`${describe(flags)} is not a string`)
  const key = `${flags ?? ''}/${source}`
  const known = cached.get(key)
  if (known !== undefined) return known
  const pattern = build(source, flags ?? '')
  if (cached.size >= CACHED_MAX) cached.delete(cached.keys().next().value ?? '')
  cached.set(key, pattern)
  return pattern
}

function build(source: string, flags: string): Pattern {
  const bad = codepoints(flags).find((flag) => !'gixmsnpl'.includes(flag))
  if (bad !== undefined) raise(`${flags} is not a valid modifier string`)
  if (flags.includes('l')) raise('Regex failure: longest match (flag l) cannot be expressed in JavaScript')
  const dotAll = flags.includes('m') || flags.includes('p')
  try {
    const { source: translated, groups } = translate(source, {
      dotAll,
      extended: flags.includes('x'),
      ignoreCase: flags.includes('i'),
      groupsBefore: flags.includes('n') ? 1 : 0,
    })
    const full = flags.includes('n') ? nonEmpty(translated) : translated
    const expression = new RegExp(full, flags.includes('i') ? 'dgvi' : 'dgv')
    return { expression, groups, isGlobal: flags.includes('g') }
  } catch (error) {
    if (error instanceof PatternError || error instanceof SyntaxError)
      return raise(`Regex failure: ${error.message}`)
    throw error
  }
}

/** Asks for a match that leaves less than the rest of the text, which the first group holds; else it backtracks. */
function nonEmpty(translated: string): string {
  return String.raw`(?=([\s\S]*))(?:${translated})(?!\1(?![\s\S]))`
}

export function testPattern(run: Run, text: string, pattern: Pattern): boolean {
  run.spend(1 + (text.length >> 4))
  pattern.expression.lastIndex = 0
  return pattern.expression.test(text)
}

/** Every match, or the first when the pattern is not global. */
export function* matches(run: Run, text: string, pattern: Pattern): Generator<RegExpExecArray, void> {
  const { expression } = pattern
  let start = 0
  run.spend(1 + (text.length >> 4))
  while (start <= text.length) {
    expression.lastIndex = start
    const match = expression.exec(text)
    if (match === null) return
    run.spend(1)
    yield match
    if (!pattern.isGlobal) return
    const end = match.index + match[0].length
    start = match[0] === '' ? end + ((text.codePointAt(end) ?? 0) > 0xffff ? 2 : 1) : end
  }
}

/** A match as `match` gives it. */
export function describeMatches(run: Run, text: string, pattern: Pattern): Value[] {
  const offset = codepointOffsets(text)
  const result: Value[] = []
  for (const match of matches(run, text, pattern)) {
    run.build(128 + pattern.groups.length * 96)
    result.push({
      offset: offset(match.index),
      length: offset(match.index + match[0].length) - offset(match.index),
      string: match[0],
      captures: pattern.groups.map(({ index, name }) => describeCapture(match, index, name, offset)),
    })
  }
  return result
}

function describeCapture(
  match: RegExpExecArray,
  index: number,
  name: string | undefined,
  offset: (unit: number) => number,
): ObjectValue {
  const bounds = match.indices?.[index]
  if (bounds === undefined) return { offset: -1, length: 0, string: null, name: name ?? null }
  const start = offset(bounds[0])
  return {
    offset: start,
    length: offset(bounds[1]) - start,
    string: match[index] ?? null,
    name: name ?? null,
  }
}
