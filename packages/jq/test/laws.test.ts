/** Laws that hold for every value. */
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compile, type Json, JqRuntimeError } from '../src/index.ts'

const scalar = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string({ unit: 'grapheme' }),
)
const key = fc.oneof(fc.constantFrom('a', 'b', '__proto__', 'constructor', '1'), fc.string())
const json: fc.Arbitrary<Json> = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(key, tie('value')), { maxLength: 4 })
      .map((entries) => JSON.parse(JSON.stringify(Object.fromEntries(entries)))),
  ),
})).value

/** Holds when the program's first output is true for every value. */
function law(source: string, arbitrary: fc.Arbitrary<Json> = json): void {
  test(`\`${source}\``, () => {
    const program = compile(source)
    fc.assert(
      fc.property(
        arbitrary,
        (value) => program.first(value) === true && [...program(value)].every((output) => output === true),
      ),
      { numRuns: 150 },
    )
  })
}

describe('paths', () => {
  law('[paths] == [path(..) | select(length > 0)]')
  law('[path(..) as $p | getpath($p)] == [..]')
  law('. as $d | [paths] | all(. as $p | $d | setpath($p; 1) | getpath($p) == 1)')
  law('. as $d | [paths] | all(. as $p | $d | setpath($p; getpath($p)) == $d)')
  law('. as $d | [paths] | all(. as $p | [$d | path(getpath($p))] == [$p])')
  law('. as $d | [paths] | all(. as $p | $d | delpaths([$p]) | [paths] | length < ([$d | paths] | length))')
  law('delpaths([paths]) | . == null or . == [] or . == {} or (type != "array" and type != "object")')
  law('(.. |= .) == .')
  law('([tostream] | fromstream(.[])) == .')
  law('walk(.) == .')
  const isLeaf = 'type | . != "array" and . != "object"'
  law(`[.. | select(${isLeaf})] == [paths(${isLeaf}) as $p | getpath($p)]`, fc.array(json, { maxLength: 3 }))
})

describe('entries and texts', () => {
  const objects = fc.dictionary(key, json).map((value) => JSON.parse(JSON.stringify(value)) as Json)
  law('(to_entries | from_entries) == .', objects)
  law('with_entries(.) == .', objects)
  law('keys == (to_entries | map(.key) | sort)', objects)
  law('(tojson | fromjson) == .')
  law('(@base64 | @base64d) == .', fc.string({ unit: 'grapheme' }))
  law('(@base32 | @base32d) == .', fc.string({ unit: 'grapheme' }))
  law('(@uri | @urid) == .', fc.string({ unit: 'grapheme' }))
  law('(explode | implode) == .', fc.string({ unit: 'grapheme' }))
  law('(split("") | join("")) == .', fc.string({ unit: 'grapheme' }))
  law(
    '. as [$s, $t] | ($t == "") or ($s | split($t) | join($t)) == $s',
    fc.tuple(fc.string(), fc.string({ maxLength: 2 })),
  )
  law(
    '(strptime("%Y-%m-%dT%H:%M:%SZ") | mktime | todate) == .',
    fc
      .date({ min: new Date('1970-01-01'), max: new Date('9999-01-01'), noInvalidDate: true })
      .map((date) => `${date.toISOString().slice(0, 19)}Z`),
  )
  law(
    '(gmtime | mktime) == .',
    fc.integer({ min: -1e10, max: 1e11 }).filter((second) => second !== -1),
  )
  test('tojson is what JSON.parse reads', () => {
    const program = compile('tojson')
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(JSON.parse(JSON.stringify(program.first(value))))).toEqual(value)
      }),
    )
  })
})

describe('order', () => {
  const triple = fc.tuple(json, json, json).map((values) => values as Json)
  law('. as [$a, $b] | [$a < $b, $a == $b, $a > $b] | map(select(.)) | length == 1', triple)
  law('. as [$a, $b, $c] | if $a <= $b and $b <= $c then $a <= $c else true end', triple)
  law('. as [$a, $b] | ($a < $b) == ($b > $a) and ($a == $b) == ($b == $a)', triple)
  law('sort as $s | [range(1; $s | length) as $i | $s[$i - 1] <= $s[$i]] | all', fc.array(json))
  law('sort == (reverse | sort) and (sort | length) == length', fc.array(json))
  law('unique == (group_by(.) | map(.[0]))', fc.array(json))
  law('(min == sort[0]) and (max == sort[-1])', fc.array(json))
  law('sort_by(.) == sort and (unique | sort) == unique', fc.array(json))
  law('. as $all | sort as $s | all(.[]; . as $x | $s | bsearch($x) as $i | .[$i] == $x)', fc.array(json))
})

describe('all ways to run agree', () => {
  const sources = [
    '.. | numbers | . + 1',
    '[.[]? | select(type == "number" and . > 0)]',
    '[paths(scalars)]',
    '.[]? as [$a, $b] ?// $a | [$a, $b]',
    'try (.[] | .a) catch .',
    '.a?, .[0]?',
    'limit(2; ..)',
    '[.[]?] | first(.[], 9)',
    'reduce .. as $x (0; . + 1)',
    'foreach .. as $x (0; . + 1; select(. % 2 == 0))',
    'label $l | .. | if type == "string" then break $l else . end',
    '(.[]? | select(. == null)) |= 1',
    '[.[]? // "none"]',
    'if .[0]? then 1, 2 else 3 end',
    'to_entries? // "no"',
    '{a: .[]?, b: (1, 2)}',
    '"\\(.[]?)-\\(1, 2)"',
    'path(.[]?, .a?)',
    'map(..)?',
    'add? // empty',
  ]
  for (const source of sources) {
    test(`\`${source}\` lazily, first, collected and inside of a recursive function`, () => {
      const [plain, collected, inside] = [
        source,
        `[${source}]`,
        `def f(g): if . == "never" then f(g) else g end; f(${source})`,
      ].map((text) => compile(text))
      const outcome = (work: () => unknown) => {
        try {
          return work()
        } catch (error) {
          if (error instanceof JqRuntimeError) return { raised: error.value }
          throw error
        }
      }
      fc.assert(
        fc.property(json, (value) => {
          const outputs = outcome(() => [...(plain?.(value) ?? [])])
          expect(outcome(() => [...(inside?.(value) ?? [])])).toEqual(outputs)
          expect(outcome(() => collected?.first(value))).toEqual(outputs)
          if (Array.isArray(outputs)) expect(plain?.first(value)).toEqual(outputs[0])
        }),
        { numRuns: 100 },
      )
    })
  }
})
