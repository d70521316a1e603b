/** What is seen of a jq expression. */
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { referencesIn } from '../expression/references.ts'

const shown = (expression: string): string[] =>
  referencesIn(expression).variables.map(({ name, key }) => (key === undefined ? name : `${name}.${key}`))

test.each([
  ['$tasks.a', ['tasks.a']],
  ['$tasks["a b"] + $tasks . c', ['tasks.a b', 'tasks.c']],
  ['$tasks."d" | $tasks.["e"]', ['tasks.d', 'tasks.e']],
  ['$tasks[.name]', ['tasks']],
  ['$tasks["\\(.x)"]', ['tasks']],
  ['$context', ['context']],
  ['"$tasks.a" # $tasks.b\n + $tasks.c', ['tasks.c']],
  ['"one \\($tasks.a | "two \\($tasks.b)") \\" $tasks.no"', ['tasks.a', 'tasks.b']],
  ['{$item, "a": $tasks.a}', ['item', 'tasks.a']],
  ['1 as $tasks | $tasks.a', []],
  ['$__loc__ | $tasks.a', ['__loc__', 'tasks.a']],
  ['"never closed $tasks.a', []],
  ['$tasks.a.b[0]?.c // $tasks.z', ['tasks.a', 'tasks.z']],
])('the variables of %s', (expression, variables) => {
  expect(shown(expression)).toEqual(variables)
})

test.each([
  '.',
  '.a',
  '..',
  'length',
  '[.a]',
  '{a}',
  '{"a b"}',
  '{a: .b}',
  '$tasks.a + .b',
  '$tasks.a, .b',
  '"x \\(.a)"',
  '. as $x | 1',
  '1 as $x | .a',
  'map(.a)',
  '$tasks.a | 1, ($input.b)',
  'if $x then 1 end',
  'if $x then 1 else .a end',
  '$x[.i]',
  '@json',
  'first',
  'range(.n)',
  'reduce range(3) as $i (.; . + 1)',
  '1 as $x | 2 as $y | .a',
  'label $out | .a',
  '',
])('%s looks at its input', (expression) => {
  expect(referencesIn(expression).input).toBe(true)
})

test.each([
  '1',
  '"."',
  '".a # b"',
  '$tasks.a',
  '$tasks.a | .b | length',
  '$tasks.a.b[0].c',
  '$tasks.a[]? | select(.x > 1)',
  '[$tasks.a[] | .b]',
  '{a: $x, b: 1, "c": true}',
  '{a: ($tasks.a | .b), c: 2}',
  'now',
  'range(3)',
  'first($tasks.a[])',
  'if $x then 1 else 2 end',
  '"x \\($tasks.a | .b)"',
  '$tasks.a as $x | $x.b',
  'reduce $tasks.a[] as $i (0; . + $i)',
  'reduce $tasks.a[] as $i (0; . + $i) | .x',
  '# .a\n1.5e3 + .5',
  '@csv "x \\($tasks.a)"',
  '$tasks.a | map(.b) | add',
  '1 |= 2',
])('%s does not look at its input', (expression) => {
  expect(referencesIn(expression).input).toBe(false)
})

test('any text at all is gone through', () => {
  const piece = fc.constantFrom(
    ...'( ) [ ] { } | , ; : " \\ \\( . .. $tasks.a $x if then else end as reduce . def # \n @csv 1 a ?'.split(
      ' ',
    ),
  )
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(piece).map((pieces) => pieces.join(' ')),
      ),
      (text) => {
        expect(referencesIn(text).variables).toBeInstanceOf(Array)
      },
    ),
    { numRuns: 2_000 },
  )
})

test.each([
  ['brackets', '['.repeat(1_000_000)],
  ['blanks behind variables', `${'$x '.repeat(10)}${' '.repeat(1_000_000)}`],
  ['strings in strings', '"\\('.repeat(300_000)],
  ['members that never end', '$x["'.repeat(250_000)],
  ['dots', '.'.repeat(1_000_000)],
  ['digits', '1'.repeat(1_000_000)],
  ['colons', 'a::'.repeat(300_000)],
])('a megabyte of %s takes no time', (_what, text) => {
  const begin = performance.now()
  referencesIn(text)
  expect(performance.now() - begin).toBeLessThan(2_000)
})
