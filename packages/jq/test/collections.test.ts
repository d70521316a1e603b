/** Builtins over arrays and objects. */
import { describe } from 'vitest'
import { failures, table } from './table.ts'

const people = [
  { name: 'b', age: 2 },
  { name: 'a', age: 3 },
  { name: 'c', age: 2 },
]

describe('keys and entries', () => {
  table([
    ['keys, keys_unsorted', { b: 1, a: 2 }, ['a', 'b'], ['b', 'a']],
    ['keys', ['x', 'y'], [0, 1]],
    ['keys', { '\ud83c\udf88': 1, '\uffff': 2 }, ['\uffff', '\ud83c\udf88']],
    ['length', { a: 1, b: 2 }, 2],
    ['[.[] | length]', [[1], {}, null, -3, 'ab'], [1, 0, 0, 3, 2]],
    [
      'to_entries',
      { b: 1, a: null },
      [
        { key: 'b', value: 1 },
        { key: 'a', value: null },
      ],
    ],
    [
      'from_entries',
      [
        { key: 'a', value: 1 },
        { k: 1, name: 'b' },
        { Name: 'c', Value: 3 },
      ],
      { a: 1, b: null, c: 3 },
    ],
    [
      'from_entries',
      [
        { key: 'a', value: false },
        { Key: 'b', value: null },
      ],
      { a: false, b: null },
    ],
    ['with_entries(.value += 1)', { a: 1, b: 2 }, { a: 2, b: 3 }],
    ['with_entries(select(.value > 1) | .key |= ascii_upcase)', { a: 1, b: 2 }, { B: 2 }],
    ['map(. + 1), map(empty), map(., .)', [1, 2], [2, 3], [], [1, 1, 2, 2]],
    ['map(. + 1)', { a: 1 }, [2]],
    ['map_values(. + 1), map_values(empty)', { a: 1 }, { a: 2 }, {}],
    ['map_values(., .), map_values(select(. > 1))', [1, 2], [1, 2], [2]],
    ['add', [1, 2], 3],
    ['add', [], null],
    ['add', { a: 'x', b: 'y' }, 'xy'],
    ['add', [[1], null, [2]], [1, 2]],
    ['add', [{ a: 1 }, { a: 2, b: 3 }], { a: 2, b: 3 }],
    ['add', [null, 'a', 'b'], 'ab'],
    ['[.[] | add]', [[[1], [2]], ['a', 'b'], [1]], [[1, 2], 'ab', 1]],
  ])
  failures([
    ['keys', null, 'null (null) has no keys'],
    ['to_entries', 1, 'number (1) has no keys'],
    ['from_entries', [{ key: 1 }], 'Cannot use number (1) as object key'],
    ['from_entries', [1], 'Cannot index number with string ("key")'],
    ['add', 1, 'Cannot iterate over number (1)'],
    ['map(.)', null, 'Cannot iterate over null (null)'],
  ])
})

describe('order', () => {
  table([
    ['sort', [[], {}, 'a', 1, true, false, null], [null, false, true, 1, 'a', [], {}]],
    [
      '[sort_by(.age), sort_by(.age, .name), sort_by(-.age)] | map(map(.name))',
      people,
      [
        ['b', 'c', 'a'],
        ['b', 'c', 'a'],
        ['a', 'b', 'c'],
      ],
    ],
    ['group_by(.age) | map(map(.name))', people, [['b', 'c'], ['a']]],
    ['unique, unique_by(length)', ['b', 'a', 'bb', 'a'], ['a', 'b', 'bb'], ['b', 'bb']],
    ['[min, max]', [2, 1, 3], [1, 3]],
    ['[min, max, min_by(.a), max_by(.a)]', [], [null, null, null, null]],
    ['(min_by(.age) | .name), (max_by(.age) | .name)', people, 'b', 'a'],
    [
      'max_by(.a) | .i',
      [
        { a: 1, i: 0 },
        { a: 1, i: 1 },
      ],
      1,
    ],
    [
      'min_by(.a) | .i',
      [
        { a: 1, i: 0 },
        { a: 1, i: 1 },
      ],
      0,
    ],
    ['reverse', [1, 2, 3], [3, 2, 1]],
    ['[.[] | reverse]', ['', null, [], 0, {}], [[], [], [], [], []]],
    ['to_entries', ['x'], [{ key: 0, value: 'x' }]],
    ['bsearch(2), bsearch(0), bsearch(9)', [1, 2, 3], 1, -1, -4],
    ['sort_by(.a) | map(.i)', [{ a: 2, i: 0 }, { i: 1 }, { a: 2, i: 2 }], [1, 0, 2]],
    ['sort', [{ a: 1, b: 2 }, { a: 1 }, { b: 0 }], [{ a: 1 }, { a: 1, b: 2 }, { b: 0 }]],
    [
      '[.[] | sort]',
      [
        [3, 1],
        ['b', 'a'],
      ],
      [
        [1, 3],
        ['a', 'b'],
      ],
    ],
    ['[group_by(.)[] | length]', [1, 2, 1, 3, 1], [3, 1, 1]],
  ])
  failures([
    ['sort', 1, 'number (1) cannot be sorted, as it is not an array'],
    ['sort_by(.a)', 'x', 'Cannot iterate over string ("x")'],
    [
      'sort_by(.a)',
      { a: { a: 1 } },
      'object ({"a":{"a":1}}) and array ([[1]]) cannot be sorted, as they are not both arrays',
    ],
    ['unique', {}, 'object ({}) cannot be sorted, as it is not an array'],
    ['min', 1, 'number (1) and number (1) cannot be iterated over'],
    ['bsearch(1)', 'a', 'string ("a") cannot be searched from'],
  ])
})

describe('shape', () => {
  table([
    ['flatten, flatten(1)', [1, [2, [3]]], [1, 2, 3], [1, 2, [3]]],
    ['flatten(0), [flatten(1, 2)]', [[[1]]], [[[1]]], [[[1]], [1]]],
    ['flatten', { a: [1], b: 2 }, [1, 2]],
    [
      'transpose',
      [[1, 2], [3]],
      [
        [1, 3],
        [2, null],
      ],
    ],
    ['contains([1])', [1, 2], true],
    ['contains({a: [{b: 1}]})', { a: [{ b: 1, c: 2 }], d: 3 }, true],
    ['[.[] | contains("a")]', ['bar', 'foo'], [true, false]],
    ['contains({a: 1}), contains({}), contains({a: null})', { a: null }, false, true, true],
    ['inside([1, 2])', [1], true],
    ['index(2), rindex(2), indices(2), indices([2, 3])', [1, 2, 3, 2], 1, 3, [1, 3], [1]],
    ['indices([])', [1], null],
    ['index([2]), rindex([9])', [1, 2], 1, null],
    ['first, last, nth(1)', [1, 2, 3], 1, 3, 2],
    ['first, last', [], null, null],
    [
      '[.[] | arrays, objects, iterables, booleans, numbers, strings, scalars]',
      [[], {}, true, 1, 'a', null],
      [[], [], {}, {}, true, true, 1, 1, 'a', 'a', null],
    ],
    [
      '[.[] | type]',
      [null, true, 1, 'a', [], {}],
      ['null', 'boolean', 'number', 'string', 'array', 'object'],
    ],
    ['{a: 1} | has("a"), has("b")', null, true, false],
  ])
  failures([
    ['flatten(-1)', [1], 'flatten depth must not be negative'],
    ['contains(1)', 'a', 'string ("a") and number (1) cannot have their containment checked'],
    ['reverse', { a: 1 }, 'Cannot index object with number (0)'],
    ['reverse', 'ab', 'Cannot index string with number (1)'],
    ['reverse', true, 'boolean (true) has no length'],
  ])
})

describe('construction', () => {
  table([
    ['{a: 1, "b": 2, "c\\(1)": 3, (.k): 4, @base64 "x": 5}', { k: 'd' }, { a: 1, b: 2, c1: 3, d: 4, x: 5 }],
    ['{a, "b", "c\\("d")"}', { a: 1, b: 2, cd: 3 }, { a: 1, b: 2, cd: 3 }],
    ['1 as $x | "y" as $y | {$x, $y: 2}', null, { x: 1, y: 2 }],
    ['{if, then: 1, "__loc__": 2}', { if: 0 }, { if: 0, then: 1, __loc__: 2 }],
    ['{a: 1 | . + 1, b: 1, }', null, { a: 2, b: 1 }],
    ['{$__loc__}', null, { __loc__: { file: '<top-level>', line: 1 } }],
    ['{a: 1, a: 2}', null, { a: 2 }],
    ['[1, [2, 3][]], []', null, [1, 2, 3], []],
    ['{a: {b: [.x, {c: .y}]}}', { x: 1, y: 2 }, { a: { b: [1, { c: 2 }] } }],
    ['{(.[]): 1}', ['a', 'b'], { a: 1 }, { b: 1 }],
    ['{a: empty}', null],
    ['{a: (.b // "none"), c: -1}', {}, { a: 'none', c: -1 }],
  ])
  failures([['{(.): 1}', 5, 'Cannot use number (5) as object key']])
})

describe("SQL's operators and streams", () => {
  table([
    ['INDEX(.id)', [{ id: 1 }, { id: 'a' }], { 1: { id: 1 }, a: { id: 'a' } }],
    ['INDEX(.[]; .id) | keys', [{ id: 2 }], ['2']],
    ['[.[] | IN(2, 3)], IN(.[]; 9), (2 | IN(1, 2))', [1, 2], [false, true], false, true],
    ['[JOIN({"1": "x"}; .id | tostring)]', [{ id: 1 }], [[[{ id: 1 }, 'x']]]],
    ['[JOIN({"1": "x"}; .[]; .id | tostring)]', [{ id: 1 }], [[{ id: 1 }, 'x']]],
    ['[JOIN({"1": "x"}; .[]; .id | tostring; .[1])]', [{ id: 1 }], ['x']],
    ['[tostream]', { a: [1] }, [[['a', 0], 1], [['a', 0]], [['a']]]],
    ['[tostream]', 5, [[[], 5]]],
    ['fromstream(tostream)', { a: [1, { b: [] }] }, { a: [1, { b: [] }] }],
    ['[1 | truncate_stream([[0], 1], [[1, 0], 2], [[1, 0]], [[1]])]', null, [[[0], 2], [[0]]]],
    [
      '[limit(2; .[] | tostream)]',
      [1, 2],
      [
        [[], 1],
        [[], 2],
      ],
    ],
    ['getpath(["a"]) as [$x] | $x', { a: [4] }, 4],
    ['splits("b")', 'abc', 'a', 'c'],
    ['ltrimstr("a") | ascii_downcase', 'aB', 'b'],
  ])
})
