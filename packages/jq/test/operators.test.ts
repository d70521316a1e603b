/** Arithmetic, comparison, logic and the order of evaluation. */
import { describe } from 'vitest'
import { failures, table } from './table.ts'

describe('addition', () => {
  table([
    ['1 + 2, "a" + "b", [1] + [2], {a: 1} + {b: 2}', null, 3, 'ab', [1, 2], { a: 1, b: 2 }],
    ['null + 1, 1 + null, null + null', null, 1, 1, null],
    ['{a: 1, b: 2} + {a: 3}', null, { a: 3, b: 2 }],
    ['.a + .b', { a: [1], b: null }, [1]],
    ['[(1, 2) + (10, 20)]', null, [11, 12, 21, 22]],
    ['0.1 + 0.2', null, 0.1 + 0.2],
  ])
  failures([
    ['1 + "a"', null, 'number (1) and string ("a") cannot be added'],
    ['{} + []', null, 'object ({}) and array ([]) cannot be added'],
    ['true + true', null, 'boolean (true) and boolean (true) cannot be added'],
  ])
})

describe('subtraction', () => {
  table([
    ['5 - 2 - 1', null, 2],
    ['[1, 2, 1, 3] - [1]', null, [2, 3]],
    ['. - [{"a": 1}]', [{ a: 1 }, { a: 2 }], [{ a: 2 }]],
    ['-.a, -(1), - .a * 2', { a: 4 }, -4, -1, -8],
    ['[.[] | -.]', [1, -2, 0.5], [-1, 2, -0.5]],
  ])
  failures([
    ['"a" - "b"', null, 'string ("a") and string ("b") cannot be subtracted'],
    ['-"a"', null, 'string ("a") cannot be negated'],
    ['-{}', null, 'object ({}) cannot be negated'],
  ])
})

describe('multiplication and division', () => {
  table([
    ['2 * 3, 7 / 2, 7 % 3, -7 % 3, 7 % -3', null, 6, 3.5, 1, -1, 1],
    ['5.9 % 2.9, 1 % infinite', null, 1, 1],
    [
      '"ab" * 2, 2 * "ab", "ab" * 0, "ab" * -1, "ab" * 0.5, "ab" * 1.5',
      null,
      'abab',
      'abab',
      '',
      null,
      '',
      'ab',
    ],
    ['{a: {b: 1, c: 2}} * {a: {b: 3}, d: 4}', null, { a: { b: 3, c: 2 }, d: 4 }],
    ['{a: {b: 1}} * {a: 2}', null, { a: 2 }],
    ['"a,b" / ",", "ab" / "", "" / ","', null, ['a', 'b'], ['a', 'b'], []],
    ['1 + 2 * 3 - 4 / 2', null, 5],
    ['[1, 2, 3] | .[0] * .[1] + .[2]', null, 5],
    ['[(2, 3) * (1, 10)]', null, [2, 3, 20, 30]],
  ])
  failures([
    ['1 / 0', null, 'number (1) and number (0) cannot be divided because the divisor is zero'],
    [
      '1 % 0.5',
      null,
      'number (1) and number (0.5) cannot be divided (remainder) because the divisor is zero',
    ],
    ['[] * 2', null, 'array ([]) and number (2) cannot be multiplied'],
    ['{} / 1', null, 'object ({}) and number (1) cannot be divided'],
    ['{} % 1', null, 'object ({}) and number (1) cannot be divided (remainder)'],
    ['"abc" * 1000000000', null, 'Repeat string result too long'],
  ])
})

describe('comparison', () => {
  table([
    [
      '[1 == 1.0, 1 != 2, "a" == "a", [1] == [1], {a: 1} == {a: 1}, null == false]',
      null,
      [true, true, true, true, true, false],
    ],
    [
      '[null < false, false < true, true < 0, 0 < "", "" < [], [] < {}]',
      null,
      [true, true, true, true, true, true],
    ],
    [
      '["a" < "b", "a" < "aa", "Z" < "a", [1, 2] < [1, 3], [2] > [1, 9]]',
      null,
      [true, true, true, true, true],
    ],
    [
      '[{a: 1} < {b: 0}, {a: 1} < {a: 2}, {a: 2} < {a: 1, b: 0}, {b: 1} < {a: 1, b: 0}]',
      null,
      [true, true, true, false],
    ],
    ['"\\ud83c\\udf88" > "\\uffff"', null, true],
    ['[nan == nan, nan < nan, nan > nan, nan < 1]', null, [false, true, false, true]],
    ['[1 <= 1, 1 >= 2, "b" >= "a", [] <= []]', null, [true, false, true, true]],
    ['[.[] == 1]', [1, 2, '1'], [true, false, false]],
    ['[(1, 2) == (1, 2)]', null, [true, false, false, true]],
  ])
})

describe('logic', () => {
  table([
    ['[true and 1, null and error, false or 0, 1 or error]', null, [true, false, true, true]],
    ['[(true, false) and (true, false)]', null, [true, false, false]],
    ['[(true, false) or (true, false)]', null, [true, true, false]],
    ['[.[] | not]', [null, false, 0, ''], [true, true, false, false]],
    ['[empty and true], [true and empty], [false and empty]', null, [], [], [false]],
    ['true or false and false', null, true],
  ])
})

describe('the alternative operator', () => {
  table([
    ['.a // 1, .b // 1', { a: 5, b: null }, 5, 1],
    ['[(null, 2, false, 3) // 9]', null, [2, 3]],
    ['[empty // 9], [(null, false) // (8, 9)]', null, [9], [8, 9]],
    ['null // null // 3', null, 3],
    ['.a // .b // "none"', { b: 0 }, 0],
    ['[.[] | . // "x"]', [1, null], [1, 'x']],
    ['1 // error', null, 1],
    ['first((1, error("late")) // 2)', null, 1],
  ])
  failures([
    ['error("early") // 1', null, 'early'],
    ['(1 // 2) | error', null, 1],
  ])
})

describe('the order of evaluation', () => {
  table([
    ['[(1, 2), 3 | . * 10]', null, [10, 20, 30]],
    ['1, 2 | . + 1', null, 2, 3],
    ['1 as $x | 2, $x', null, 2, 1],
    [
      '[{a: (1, 2), b: (3, 4)}]',
      null,
      [
        { a: 1, b: 3 },
        { a: 1, b: 4 },
        { a: 2, b: 3 },
        { a: 2, b: 4 },
      ],
    ],
    ['[{("a", "b"): (1, 2)}]', null, [{ a: 1 }, { a: 2 }, { b: 1 }, { b: 2 }]],
    ['["\\(1, 2)-\\(3, 4)"]', null, ['1-3', '2-3', '1-4', '2-4']],
    ['[[1, 2][0, 1]]', null, [1, 2]],
    ['[pow((2, 3); (1, 2))]', null, [2, 3, 4, 9]],
    ['[[1, 2, 3] | .[(0, 1)] + .[(1, 2)]]', null, [3, 4, 4, 5]],
    ['def f: reduce .[] as [$i, $j] (0; . + $i * $j); [[1, 2], [3, 4]] | f', null, 14],
    ['-1 | abs', null, 1],
    ['.a = 1 | .b', { b: 2 }, 2],
    ['.a == 1 or .a == 2 and false', { a: 1 }, true],
  ])
})
