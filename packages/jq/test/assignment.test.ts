/** Every kind of assignment, to every kind of place. */
import { describe } from 'vitest'
import { failures, table } from './table.ts'

describe('assignment', () => {
  table([
    ['.a = 1', null, { a: 1 }],
    ['.a = .b', { b: { c: 1 } }, { b: { c: 1 }, a: { c: 1 } }],
    ['.a.b[1] = 2', {}, { a: { b: [null, 2] } }],
    ['(.a, .b) = 1', {}, { a: 1, b: 1 }],
    ['[.a = (1, 2)]', {}, [{ a: 1 }, { a: 2 }]],
    ['.[] = 0', [1, 2], [0, 0]],
    ['.[1:] = ["x", "y"]', [1, 2, 3, 4], [1, 'x', 'y']],
    ['.[:0] = ["a"]', ['b'], ['a', 'b']],
    ['.[-1] = 9', [1, 2], [1, 9]],
    ['. = 5', 1, 5],
    ['.a = empty', { a: 1 }],
    ['(.[] | select(. > 1)) = 0', [1, 2, 3], [1, 0, 0]],
    ['.. = 1', 2, 1],
    ['(if .a then .b else .c end) = 1', { a: true }, { a: true, b: 1 }],
    ['(.a // .b) = 1', { b: 2 }, { b: 1 }],
    ['getpath(["a", "b"]) = 1', null, { a: { b: 1 } }],
    ['first(.a, .b) = 1', {}, { a: 1 }],
    ['.[.k] = 1', { k: 'x' }, { k: 'x', x: 1 }],
    ['.["a", "b"] = 1', {}, { a: 1, b: 1 }],
    ['.a? = 1', {}, { a: 1 }],
    ['def f: .a; f = 1', {}, { a: 1 }],
    ['def f(g): g = 1; f(.a, .b)', {}, { a: 1, b: 1 }],
    ['.a = 1 | .b = 2', null, { a: 1, b: 2 }],
    ['.__proto__ = 1 | .__proto__, keys', {}, 1, ['__proto__']],
  ])
  failures([
    ['.a = 1', [], 'Cannot index array with string ("a")'],
    ['.[0] = 1', {}, 'Cannot index object with number (0)'],
    ['.[-1] = 1', [], 'Out of bounds negative array index'],
    ['.[1e9] = 1', [], 'Array index too large'],
    ['.[nan] = 1', [], 'Cannot set array element at NaN index'],
    ['.[1:] = 1', [1], 'A slice of an array can only be assigned another array'],
    ['.[0:1] = "x"', 'abc', 'Cannot update string slices'],
    ['.. = 1', { a: 2 }, 'Cannot index number with string ("a")'],
    ['1 = 2', null, 'Invalid path expression with result 1'],
    ['(.a | tostring) = 1', { a: 1 }, 'Invalid path expression with result "1"'],
  ])
})

describe('update', () => {
  table([
    ['.a |= . + 1', { a: 1 }, { a: 2 }],
    ['.a |= (5, 6)', { a: 1 }, { a: 5 }],
    ['.a |= empty', { a: 1, b: 2 }, { b: 2 }],
    ['.[] |= . * 2', [1, 2], [2, 4]],
    ['.[] |= . * 2', { a: 1, b: 2 }, { a: 2, b: 4 }],
    ['.[] |= select(. > 1)', [1, 2, 3], [2, 3]],
    ['(.[] | select(. >= 2)) |= empty', [1, 5, 3, 0, 7], [1, 0]],
    ['.[0, 2] |= empty', [1, 2, 3], [2]],
    ['. |= empty', 1, null],
    ['.a[].b |= . + 1', { a: [{ b: 1 }, { b: 2, c: 3 }] }, { a: [{ b: 2 }, { b: 3, c: 3 }] }],
    ['.a[1:] |= map(. * 10)', { a: [1, 2, 3] }, { a: [1, 20, 30] }],
    ['(.a, .a.b) |= (. // {x: 1})', {}, { a: { x: 1, b: { x: 1 } } }],
    ['.. |= (numbers |= . + 1)', [1, [2]], [2, [3]]],
    ['(.. | select(type == "number")) |= -.', { a: [1, { b: 2 }] }, { a: [-1, { b: -2 }] }],
    ['.a |= (.b |= 1)', {}, { a: { b: 1 } }],
    ['.[.i] |= . + 1', { i: 'n', n: 1 }, { i: 'n', n: 2 }],
    ['(.a | if . then .x else .y end) |= 5', { a: { x: 1 } }, { a: { x: 5 } }],
    ['.a.b |= .', {}, { a: { b: null } }],
    ['.[0] |= .', null, [null]],
    ['def double: . * 2; .a |= double', { a: 2 }, { a: 4 }],
    ['def down: if . > 3 then . else . + 1 | down end; .[] |= down', [1, 9], [4, 9]],
    ['def each: .[]; each |= 0', [1, 2], [0, 0]],
    [
      'def deep: .n | if . then ., deep else empty end; deep |= (.v = 1)',
      { n: { n: null } },
      { n: { n: null, v: 1 } },
    ],
    ['(reduce ("a", "b") as $k (.; .)) |= 1', 0, 1],
    ['(.[] | first(.a, .b)) |= 1', [{}], [{ a: 1 }]],
    ['limit(1; .[]) |= 0', [1, 2], [0, 2]],
    [
      'recurse(.n; . != null) |= (.seen = true)',
      { n: { n: null } },
      { n: { n: null, seen: true }, seen: true },
    ],
    ['try (.a |= error("x")) catch .', { a: 1 }, 'x'],
    ['label $l | .a |= (1, break $l)', { a: 0 }, { a: 1 }],
  ])
})

describe('arithmetic update', () => {
  table([
    [
      '.a += 1, .a -= 1, .a *= 3, .a /= 2, .a %= 2',
      { a: 5 },
      { a: 6 },
      { a: 4 },
      { a: 15 },
      { a: 2.5 },
      { a: 1 },
    ],
    ['.a //= 9, .b //= 9', { a: 1 }, { a: 1 }, { a: 1, b: 9 }],
    ['[.a += (1, 2)]', { a: 1 }, [{ a: 2 }, { a: 3 }]],
    ['.a += .b', { a: 1, b: 2 }, { a: 3, b: 2 }],
    ['.[] += 1', [1, 2], [2, 3]],
    ['.list += ["x"], .text += "y", .o += {a: 1}', {}, { list: ['x'] }, { text: 'y' }, { o: { a: 1 } }],
    ['.[] //= "d"', [null, 1, false], ['d', 1, 'd']],
    ['.a.b.c += 1', null, { a: { b: { c: 1 } } }],
  ])
  failures([
    ['.a += 1', { a: 'x' }, 'string ("x") and number (1) cannot be added'],
    ['.a /= 0', { a: 1 }, 'number (1) and number (0) cannot be divided because the divisor is zero'],
  ])
})
