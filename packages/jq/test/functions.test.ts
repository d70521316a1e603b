/** Definitions, closures, recursion, variables and destructuring. */
import { describe } from 'vitest'
import { failures, table } from './table.ts'

describe('definitions', () => {
  table([
    ['def f: . + 1; f | f', 1, 3],
    ['def f(g): g | g; f(. * 2)', 3, 12],
    ['def f($x): $x + x; f(1)', null, 2],
    [
      'def f($a; $b): [$a, $b]; [f(1, 2; 3, 4)]',
      null,
      [
        [1, 3],
        [1, 4],
        [2, 3],
        [2, 4],
      ],
    ],
    ['def f(a; b): [a, b]; f(1, 2; 3)', null, [1, 2, 3]],
    ['def f: 1; def f(x): 2; f, f(0)', null, 1, 2],
    ['def f: 1; def g: f; def f: 2; g, f', null, 1, 2],
    ['def f: def g: 3; g; f', null, 3],
    ['def f(x): def x: 9; x; f(1)', null, 9],
    ['1 as $x | def f: $x; 2 as $x | f', null, 1],
    ['def f(g): 5 as $x | g; 1 as $x | f($x)', null, 1],
    ['def map(f): "mine"; map(.)', [1], 'mine'],
    ['[.[] | def f: . * 2; f]', [1, 2], [2, 4]],
    ['def f: (def g: 3; g), 4; [f]', null, [3, 4]],
    ['def f(g; h): g + h; f(1; f(2; 3))', null, 6],
    ['def f(g): def h: g; [h, h]; f(1, 2)', null, [1, 2, 1, 2]],
    ['def _x1: 1; _x1', null, 1],
  ])
})

describe('recursion', () => {
  table([
    ['def fac: if . <= 1 then 1 else . * (. - 1 | fac) end; 10 | fac', null, 3_628_800],
    ['def fib: if . < 2 then . else (. - 1 | fib) + (. - 2 | fib) end; 15 | fib', null, 610],
    ['[def f: ., (select(. < 3) | . + 1 | f); 0 | f]', null, [0, 1, 2, 3]],
    ['def f(g): if . > 5 then . else g | f(g) end; 0 | f(. + 2)', null, 6],
    ['def f(g): if . > 2 then [g] else . + 1 | f(g, .) end; 0 | f(10)', null, [10, 3, 3, 3]],
    ['def f($n): if $n == 0 then [] else [f($n - 1)] end; f(3)', null, [[[[]]]]],
    ['def f($a; g): if $a > 2 then g else f($a + 1; g | . + $a) end; 1 | f(0; .)', null, 4],
    [
      'def even: if . == 0 then true else (. - 1 | (def odd: if . == 0 then false else (. - 1 | even) end; odd)) end; [4, 7 | even]',
      null,
      [true, false],
    ],
    ['def tree: if type == "array" then map(tree) else . * 2 end; tree', [1, [2, [3]]], [2, [4, [6]]]],
    ['def f: {a: (if . > 1 then (. - 1 | f) else . end)}; 3 | f', null, { a: { a: { a: 1 } } }],
    ['def f: "<\\(if . > 1 then (. - 1 | f) else . end)>"; 3 | f', null, '<<<1>>>'],
    ['def f: if . > 3 then error("deep") else (. + 1 | f) end; try (0 | f) catch .', null, 'deep'],
    ['def f: if . > 3 then empty else ., (. + 1 | f) end; [0 | f as $x | $x * 2]', null, [0, 2, 4, 6]],
    ['def f: reduce (if . > 0 then (. - 1 | f) else 1 end) as $x (0; . + $x); 5 | f', null, 1],
    [
      'def f: [foreach (1, 2) as $x (0; . + $x; if $x > 1 then . else (def g: if . > 2 then . else . + 1 | g end; g) end)]; f',
      null,
      [3, 3],
    ],
    ['def f: (. > 2) or (. + 1 | f); 0 | f', null, true],
    ['def f: (. < 3) and (. + 1 | f); 0 | f', null, false],
    ['def f: if . > 2 then null else (. + 1 | f) end // "found"; 0 | f', null, 'found'],
    ['def f: (try (if . > 2 then error("x") else (. + 1 | f) end) catch .); 0 | f', null, 'x'],
    ['def f: label $l | if . > 2 then ., break $l, 9 else (. + 1 | f) end; [0 | f]', null, [3]],
    ['def f: first(if . > 2 then (., 9) else (. + 1 | f) end); 0 | f', null, 3],
    ['[def f: path(..); [1] | f]', null, [[], [0]]],
    ['def f: if . > 2 then [path(..)] else (. + 1 | f) end; 0 | f', null, [[]]],
    ['def f: if . > 1 then {a: 1} | .a |= . + 1 else (. + 1 | f) end; 0 | f', null, { a: 2 }],
  ])
})

describe('functions in operands that are bound first', () => {
  table([
    ['1 as $x | (2 as $y | def f: if . > 3 then $x + . else . + 1 | f end; 0 | f) + (10, 20)', null, 15, 25],
    [
      '1 as $x | [(2 as $y | def f(g): if . > 3 then [$x, $y, g] else . + 1 | f(g, $y) end; 0 | f($x)), (8, 9)] | length',
      null,
      3,
    ],
    [
      '1 as $x | {a: (2 as $y | def f(g): if . > 3 then [$x, $y, g] else . + 1 | f(g + $y) end; 0 | f($x)), b: (8, 9)} | .a',
      null,
      [1, 2, 9],
      [1, 2, 9],
    ],
    ['7 as $x | "\\(def f: if . > 2 then $x else . + 1 | f end; 0 | f) \\(1, 2)"', null, '7 1', '7 2'],
    ['7 as $x | [.[(def f: if . > 0 then $x - 7 else . + 1 | f end; 0 | f), 1]]', [4, 5], [4, 5]],
    ['3 as $x | pow((def f: if . > 1 then $x else . + 1 | f end; 0 | f); (1, 2))', null, 3, 9],
    ['3 as $x | limit((1, 2); def f: $x, (if . < 2 then . + 1 | f else empty end); 0 | f)', null, 3, 3, 3],
  ])
})

describe('variables', () => {
  table([
    ['. as $x | [$x, $x]', 1, [1, 1]],
    [
      '[(1, 2) as $x | (3, 4) as $y | [$x, $y]]',
      null,
      [
        [1, 3],
        [1, 4],
        [2, 3],
        [2, 4],
      ],
    ],
    ['1 as $x | (2 as $x | $x), $x', null, 2, 1],
    ['[.[] as $x | $x + 1]', [1, 2], [2, 3]],
    ['. as $d | .a | . + $d.b', { a: 1, b: 2 }, 3],
    ['1 + 2 as $x | $x * 2', null, 6],
    ['[1, 2] | . as [$a] | . as [$b, $c] | [$a, $b, $c]', null, [1, 1, 2]],
    ['empty as $x | 1', null],
    ['$__loc__', null, { file: '<top-level>', line: 1 }],
    ['1 as $x\n| $__loc__.line', null, 2],
    ['"v" as $if | $if', null, 'v'],
  ])
  failures([['error("in source") as $x | 1', null, 'in source']])
})

describe('destructuring', () => {
  table([
    ['. as [$a, [$b]] | [$a, $b]', [1, [2]], [1, 2]],
    ['. as {a: $x, b: [$y]} | [$x, $y]', { a: 1, b: [2] }, [1, 2]],
    ['. as {$a, $b: [$c]} | [$a, $b, $c]', { a: 1, b: [2] }, [1, [2], 2]],
    ['. as {"a": $x, ("b" + "c"): $y, "d\\(1)": $z} | [$x, $y, $z]', { a: 1, bc: 2, d1: 3 }, [1, 2, 3]],
    ['[. as {("a", "b"): $x} | $x]', { a: 1, b: 2 }, [1, 2]],
    ['. as {(keys[0]): $x} | $x', { k: 5 }, 5],
    ['. as [$a, $b] | [$a, $b]', [1], [1, null]],
    ['. as [$a] | $a', null, null],
    ['. as {if: $x} | $x', { if: 1 }, 1],
    ['[.[] as [$a] ?// $a | $a]', [[1], 2], [1, 2]],
    [
      '[.[] as {a: $x} ?// [$x, $y] | [$x, $y]]',
      [{ a: 1 }, [2, 3]],
      [
        [1, null],
        [2, 3],
      ],
    ],
    [
      '[[[3]] | .[] as [$a] ?// [$b] | if $a != null then error("x") else {$a, $b} end]',
      null,
      [{ a: null, b: 3 }],
    ],
    ['. as {a: $x, b: {c: $x}} | $x', { a: 1, b: { c: 2 } }, 2],
    ['def f: . as [$a, $r] | if $r == null then $a else $r | f end; f', [1, [2, [3]]], 3],
    ['[.[] as [$a] ?// {$a} | $a] | add', [[1], { a: 2 }], 3],
  ])
  failures([
    ['. as [$a] | $a', { a: 1 }, 'Cannot index object with number (0)'],
    ['. as {a: $a} | $a', [1], 'Cannot index array with string ("a")'],
    ['. as [$a] ?// {a: $a} | $a', 5, 'Cannot index number with string ("a")'],
  ])
})
