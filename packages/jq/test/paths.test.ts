/** Reading places and following paths. */
import { describe } from 'vitest'
import { failures, table } from './table.ts'

const shop = {
  name: 'Fern',
  items: [
    { id: 1, tags: ['a', 'b'] },
    { id: 2, tags: [] },
  ],
  'odd key': { $x: 7 },
}

describe('access', () => {
  table([
    ['.', shop, shop],
    ['.name', shop, 'Fern'],
    ['."odd key"."$x"', shop, 7],
    ['.["odd key"]["$x"]', shop, 7],
    ['.["odd " + "key"] | keys', shop, ['$x']],
    ['."odd \\("key")"."$x"', shop, 7],
    ['.nothing', shop, null],
    ['.nothing.deeper[3].still', shop, null],
    ['.items[0].id, .items[-1].id', shop, 1, 2],
    ['.items[5]', shop, null],
    ['.items[].id', shop, 1, 2],
    ['.items | .[0,1].id', shop, 1, 2],
    ['.["name","items"] | type', shop, 'string', 'array'],
    ['.[.key]', { key: 'a', a: 5 }, 5],
    ['.list[.at]', { list: [4, 5, 6], at: 1 }, 5],
    ['.a.[0].b', { a: [{ b: 1 }] }, 1],
    ['.[1.9], .[-1.9]', [0, 1, 2], 1, 2],
    ['.[null:2]', [1, 2, 3], [1, 2]],
    ['.[{"start": 1, "end": null}]', [1, 2, 3], [2, 3]],
    ['.[[2, 3]]', [1, 2, 3, 2, 3], [1, 3]],
    ['.if, .and, .reduce', { if: 1, and: 2, reduce: 3 }, 1, 2, 3],
    ['.a?.b', { a: { b: 1 } }, 1],
    ['[.[] | .a?]', [1, { a: 2 }, null], [2, null]],
    ['[.[] | .[0]?]', ['x', [3], {}, null], [3, null]],
    ['.[]?', 5],
    ['..', [[1]], [[1]], [1], 1],
    ['[.. | numbers]', { a: 1, b: [2, { c: 3 }] }, [1, 2, 3]],
    ['.[]', { b: 1, a: 2 }, 1, 2],
  ])
  failures([
    ['.a', 1, 'Cannot index number with string ("a")'],
    ['.[0]', { a: 1 }, 'Cannot index object with number (0)'],
    ['.a', [], 'Cannot index array with string ("a")'],
    ['.[true]', null, 'Cannot index null with boolean (true)'],
    ['.[]', 'x', 'Cannot iterate over string ("x")'],
    ['.[]', null, 'Cannot iterate over null (null)'],
    ['.["a":]', [1], 'Array/string slice indices must be integers'],
    ['.a.b?', 1, 'Cannot index number with string ("a")'],
  ])
})

describe('slices', () => {
  table([
    ['.[2:4], .[:2], .[2:], .[-2:], .[:-3]', [0, 1, 2, 3, 4], [2, 3], [0, 1], [2, 3, 4], [3, 4], [0, 1]],
    ['.[1:3], .[-1:]', 'aé🎈z', 'é🎈', 'z'],
    ['.[1:]', null, null],
    ['.[1.2:2.1]', [0, 1, 2, 3], [1, 2]],
    ['.[3:1]', [0, 1, 2, 3], []],
    ['[.[(0,1):(2,3)]]', [0, 1, 2, 3], [[0, 1], [0, 1, 2], [1], [1, 2]]],
  ])
})

describe('paths', () => {
  table([
    ['[paths]', { a: [1], b: 2 }, [['a'], ['a', 0], ['b']]],
    ['[paths(type == "number")]', { a: [1], b: 2 }, [['a', 0], ['b']]],
    ['path(.a[0].b?)', null, ['a', 0, 'b']],
    ['[path(..)]', [[1]], [[], [0], [0, 0]]],
    [
      '[path(.a, .b | .c)]',
      {},
      [
        ['a', 'c'],
        ['b', 'c'],
      ],
    ],
    ['path(.a[1:3])', null, ['a', { start: 1, end: 3 }]],
    ['[path(.[] | select(.ok))]', [{ ok: 1 }, { ok: false }, { ok: 'y' }], [[0], [2]]],
    ['path(if .a then .b else .c end)', { a: 1 }, ['b']],
    ['path(.a // .b)', { b: 1 }, ['b']],
    ['[path(first(.a, .b))]', null, [['a']]],
    ['[path(limit(2; .[]))]', [1, 2, 3], [[0], [1]]],
    ['[path(skip(1; .[]))]', [1, 2, 3], [[1], [2]]],
    ['[path(recurse(.n?; . != null))]', { n: { n: null } }, [[], ['n']]],
    ['path(getpath(["a", 0]) | .b)', null, ['a', 0, 'b']],
    ['path(.a | . as $x | .b)', { a: { b: 1 } }, ['a', 'b']],
    ['[path(.a | try error("x") catch .)]?', { a: 1 }],
    ['path(.a | try .b catch .)', { a: { b: 1 } }, ['a', 'b']],
    ['[path(label $l | .a, break $l, .b)]', null, [['a']]],
    ['path(def f: .a; f | f)', null, ['a', 'a']],
    ['[path(def f: ., (.n | select(.) | f); f)]', { n: { n: null } }, [[], ['n']]],
    ['path(def f(g): if . == 3 then f(g) else g end; f(.a))', null, ['a']],
    ['path(reduce ("a", "b") as $k (.; .))', 5, []],
    ['[path(foreach (.a, .b) as $x (0; 1; $x))]', { a: 5, b: 6 }, [['a'], ['b']]],
    ['path(.[.k])', { k: 'v' }, ['v']],
    ['[path(.. as [$x] ?// $x | .a?)]', null, [['a']]],
    ['path(empty)', 1],
    ['path(select(.a) | .b) | length', { a: 1 }, 1],
    ['getpath(["a", "b"]), getpath([])', { a: { b: 1 } }, 1, { a: { b: 1 } }],
    ['getpath(["a", 0, "b"])', null, null],
    ['[getpath(["a"], ["b"])]', { a: 1, b: 2 }, [1, 2]],
    ['setpath(["a", 1]; 9)', {}, { a: [null, 9] }],
    ['setpath([]; 9)', 1, 9],
    ['[setpath((["a"], ["b"]); (1, 2))]', null, [{ a: 1 }, { b: 1 }, { a: 2 }, { b: 2 }]],
    ['delpaths([["a", 0], ["b"]])', { a: [1, 2], b: 3 }, { a: [2] }],
    ['delpaths([[]])', 1, null],
    ['delpaths([])', 1, 1],
    ['delpaths([["a","b"],["a"]])', { a: { b: 1 }, c: 1 }, { c: 1 }],
    ['del(.a, .b[0], .b[-1])', { a: 1, b: [1, 2, 3] }, { b: [2] }],
    ['del(.[1:3])', [0, 1, 2, 3], [0, 3]],
    ['del(.[] | select(. > 1))', [1, 2, 3], [1]],
    ['del(.a.b.c)', { a: null }, { a: null }],
    ['del(..)', [1], null],
    ['to_entries', { a: 1 }, [{ key: 'a', value: 1 }]],
    ['pick(.a.b, .c[1])', { a: { b: 1, x: 2 }, c: [5, 6] }, { a: { b: 1 }, c: [null, 6] }],
    ['[.[] | has("a")], (.[0] | has("a", "b"))', [{ a: null }, {}], [true, false], true, false],
    ['map(has(0))', [[1], []], [true, false]],
    ['.[] | in({"a": 1})', ['a', 'b'], true, false],
  ])
  failures([
    ['path(1 + 1)', null, 'Invalid path expression with result 2'],
    ['path([.a])', null, 'Invalid path expression with result [null]'],
    ['path({a: 1} | .a)', null, 'Invalid path expression near attempt to access element "a" of {"a":1}'],
    ['path([1] | .[])', null, 'Invalid path expression near attempt to iterate through [1]'],
    ['path([1] | getpath([0]))', null, 'Invalid path expression near attempt to access element [0] of [1]'],
    ['getpath(["a"])', 1, 'Cannot index number with string ("a")'],
    ['getpath(1)', 1, 'Path must be specified as an array'],
    ['setpath(1; 1)', 1, 'Path must be specified as an array'],
    ['setpath(["a"]; 1)', [], 'Cannot index array with string ("a")'],
    ['setpath([{}]; 1)', 'x', 'Cannot update string slices'],
    ['delpaths(1)', null, 'Paths must be specified as an array'],
    ['delpaths([1])', null, 'Path must be specified as array, not number'],
    ['delpaths([[0]])', { a: 1 }, 'Cannot delete number field of object'],
    ['delpaths([["a"]])', [1], 'Cannot delete string element of array'],
    ['delpaths([["a"]])', 'x', 'Cannot delete fields from string'],
    ['has("a")', [], 'Cannot check whether array has a string key'],
    ['keys', 1, 'number (1) has no keys'],
  ])
})
