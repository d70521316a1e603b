/** What is not jq, and where the error points. */
import { describe, expect, test } from 'vitest'
import { compile, JqSyntaxError } from '../src/index.ts'

function failure(source: string, variables: readonly string[] = []): JqSyntaxError {
  try {
    compile(source, { variables })
  } catch (error) {
    if (error instanceof JqSyntaxError) return error
    throw error
  }
  throw new Error(`"${source}" compiles`)
}

describe('errors in the text', () => {
  const rows: readonly (readonly [source: string, reason: string, column: number])[] = [
    ['.a |', 'syntax error, unexpected end of file', 4],
    ['1 +', 'syntax error, unexpected end of file', 3],
    ['. as [] | 1', "syntax error, unexpected ']', expecting BINDING or '[' or '{'", 7],
    ['%', "syntax error, unexpected '%', expecting end of file", 1],
    ['}', 'syntax error, unexpected INVALID_CHARACTER, expecting end of file', 1],
    ['(1', 'syntax error, unexpected end of file', 2],
    ['[1, 2', 'syntax error, unexpected end of file', 5],
    ['{a: 1', 'syntax error, unexpected end of file', 1],
    ['(1]', 'syntax error, unexpected INVALID_CHARACTER', 3],
    ['1 = 2 = 3', "syntax error, unexpected '='", 7],
    ['1 == 2 == 3', 'syntax error, unexpected ==', 8],
    ['if 1 then 2', 'syntax error, unexpected end of file', 11],
    ['if 1 2', 'syntax error, unexpected LITERAL', 6],
    ['{1: 2}', 'May need parentheses around object key expression', 2],
    ['{(1): 2}', 'Cannot use number (1) as object key', 3],
    ['. as {(1): $x} | $x', 'Cannot use number (1) as object key', 8],
    ['break', 'break requires a label to break to', 1],
    ['. foo', 'try .["field"] instead of .field for unusually named fields', 1],
    ['"abc', 'syntax error, unexpected end of file', 1],
    ['"a\\x"', 'Invalid escape at line 1, column 4 (while parsing \'"\\x"\')', 3],
    ['"a\\(1"', 'syntax error, unexpected end of file', 6],
    ['1 ~ 2', 'syntax error, unexpected INVALID_CHARACTER', 3],
    ['def f 1; f', 'syntax error, unexpected LITERAL', 7],
    ['def f: 1', 'syntax error, unexpected end of file', 8],
    ['reduce . as $x (0)', "syntax error, unexpected ')'", 18],
    ['try', 'syntax error, unexpected end of file', 3],
    ['.[', 'syntax error, unexpected end of file', 2],
    ['1 as x | 2', "syntax error, unexpected IDENT, expecting BINDING or '[' or '{'", 6],
    ['nosuch', 'nosuch/0 is not defined', 1],
    ['1 | map(nosuch(.; 1))', 'nosuch/2 is not defined', 9],
    ['def f: nosuch; 1', 'nosuch/0 is not defined', 8],
    ['def f(g): 1; f(nosuch)', 'nosuch/0 is not defined', 16],
    ['map', 'map/0 is not defined', 1],
    ['$x', '$x is not defined', 1],
    ['1 as $x | $y', '$y is not defined', 11],
    ['(1 as $x | 2), $x', '$x is not defined', 16],
    ['. as {a: $a, ($a): $b} | 1', '$a is not defined', 15],
    ['break $x', '$*label-x is not defined', 1],
    ['label $x | def f: break $y; f', '$*label-y is not defined', 19],
    ['import "x" as m; 1', 'module not found: x', 1],
    ['import "a\\(1)" as m; 1', 'Import path must be constant', 8],
    ['module 1; 1', 'Module metadata must be an object', 8],
    ['module {a: .b}; 1', 'Module metadata must be constant', 8],
  ]
  for (const [source, reason, column] of rows) {
    test(`\`${source}\` says: ${reason}`, () => {
      const error = failure(source)
      expect([error.reason, error.line, error.column]).toEqual([reason, 1, column])
    })
  }
})

test('an error carries offset, line, column and an excerpt with carets', () => {
  const error = failure('.a\n| {b: $nobody}\n| .c')
  expect(error).toMatchObject({ offset: 9, line: 2, column: 7 })
  expect(error.excerpt).toBe('    | {b: $nobody}\n          ^^^^^^^')
  expect(error.message).toBe(`$nobody is not defined at <top-level>, line 2, column 7:\n${error.excerpt}`)
  expect(failure('"🎈" | nosuch')).toMatchObject({ offset: 7, column: 7 })
})

test('only declared variables may be mentioned, and the mentioned ones are known', () => {
  expect(failure('$input.a + $other', ['input']).reason).toBe('$other is not defined')
  const program = compile('def f: $b; $a as [$x] | f + $x', { variables: ['a', 'b', 'c'] })
  expect([...program.references].toSorted()).toEqual(['a', 'b'])
  expect([...compile('1 as $a | $a', { variables: ['a'] }).references]).toEqual([])
  expect(program.source).toBe('def f: $b; $a as [$x] | f + $x')
})

test('a program that depends on more than its input and variables says so', () => {
  const impure = [
    'now',
    'localtime',
    '0 | strflocaltime("%c")',
    'input',
    '[inputs]',
    'env',
    '$ENV',
    'input_line_number',
    'input_filename',
    'def f: now; 1',
  ]
  for (const source of impure) expect([source, compile(source).usesClock]).toEqual([source, true])
  for (const source of ['.', 'mktime', '0 | todate', 'def now: 1; now', '1 as $ENV | $ENV', '"now"']) {
    expect([source, compile(source).usesClock]).toEqual([source, false])
  }
})

describe('what is jq', () => {
  const accepted: readonly (readonly [string, unknown])[] = [
    ['1 # comment', 1],
    ['1 # comment \\\n still the comment\n+ 1', 2],
    ['# first line\n  1', 1],
    ['.a.b.c?', null],
    ['."a"."b"?', null],
    ['.a."b".["c"].[0]?', null],
    ['..?', null],
    ['-1', -1],
    ['- 1 - -1', 0],
    ['1.e3, .5', 1000],
    ['[.[]?]', []],
    ['{a:1}.a', 1],
    ['[1,2][1]', 2],
    ['"abc"[1:]', 'bc'],
    ['"abc" | .[1:]', 'bc'],
    ['reduce range(3) as $x (0; . + $x) | . + 1', 4],
    ['if . then 1 else 2 end | . + 1', 3],
    ['try error("x") catch . | length', 1],
    ['{"a b": 1} | ."a b"', 1],
    ['{if: 1}.if', 1],
    ['def f: 1; def g: f + 1; g', 2],
    ['null // 1 // 2', 1],
    ['true and true or false', true],
    ['1 as $x | [$x, $x + 1] | .[1]', 2],
    ['[1,2,3] | .[1:][0]', 2],
    ['@text "\\(1)"', '1'],
    ['', null],
    ['def f: 1;', null],
    ['. as {$a, b: [$c]} ?// [$a, $c] | $a', null],
  ]
  for (const [source, result] of accepted) {
    test(`\`${source.replaceAll('\n', '⏎')}\` compiles and gives ${JSON.stringify(result)}`, () => {
      expect(compile(source).first(null)).toEqual(result)
    })
  }
})
