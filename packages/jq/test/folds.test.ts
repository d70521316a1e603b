/** `reduce` and `foreach`, and the states that they change in place. */
import { describe, expect, test } from 'vitest'
import { compile } from '../src/index.ts'
import { failures, table } from './table.ts'

describe('reduce', () => {
  table([
    ['reduce .[] as $x (0; . + $x)', [1, 2, 3], 6],
    ['reduce empty as $x (5; 1)', null, 5],
    ['[reduce (1, 2) as $x ((0, 10); . + $x)]', null, [3, 13]],
    ['reduce (1, 2) as $x (0; . + $x, . * 10)', null, 0],
    ['reduce range(3) as $x (0; empty)', null, null],
    ['reduce range(3) as $x (0; if $x == 1 then empty else . + 1 end)', null, 1],
    [
      'reduce .[] as [$k, $v] ({}; .[$k] = $v)',
      [
        ['a', 1],
        ['b', 2],
      ],
      { a: 1, b: 2 },
    ],
    ['reduce .[] as {a: $x} (0; . + $x)', [{ a: 1 }, { a: 2 }], 3],
    ['reduce .[] as [$x] ?// $x (0; . + $x)', [[1], 2], 3],
    ['reduce range(3) as $i ([]; . + [$i, .])', null, [0, [], 1, [0, []], 2, [0, [], 1, [0, []]]]],
    ['reduce range(2) as $i (0; . as $old | reduce range(3) as $j ($old; . + 1))', null, 6],
    [
      '[reduce .[] as $x (null; . + $x), .]',
      [[1], [2]],
      [
        [1, 2],
        [[1], [2]],
      ],
    ],
  ])
  failures([['reduce .[] as $x (0; . + $x)', ['a'], 'number (0) and string ("a") cannot be added']])
})

describe('foreach', () => {
  table([
    ['[foreach .[] as $x (0; . + $x)]', [1, 2, 3], [1, 3, 6]],
    [
      '[foreach .[] as $x (0; . + $x; [$x, .])]',
      [1, 2],
      [
        [1, 1],
        [2, 3],
      ],
    ],
    ['[foreach (1, 2) as $x ((0, 10); . + $x)]', null, [1, 3, 11, 13]],
    ['[foreach (1, 2, 3) as $x (0; if $x == 2 then empty else . + $x end)]', null, [1, 3]],
    ['[foreach (1, 2) as $x (0; ., . + $x; .)]', null, [0, 1, 1, 3]],
    [
      '[foreach .[] as [$a, {b: $b}] (0; . + $a * $b; [$a, .])]',
      [
        [1, { b: 2 }],
        [3, { b: 4 }],
      ],
      [
        [1, 2],
        [3, 14],
      ],
    ],
    ['[foreach range(5) as $x (null; $x; select(. % 2 == 0))]', null, [0, 2, 4]],
    ['[limit(2; foreach repeat(1) as $x (0; . + $x))]', null, [1, 2]],
    ['[foreach .[] as $x (0; . + $x; ., -.)]', [1, 2], [1, -1, 3, -3]],
  ])
})

describe('a state that is changed in place', () => {
  table([
    ['reduce range(3) as $i ([9]; . + [$i])', null, [9, 0, 1, 2]],
    ['reduce range(3) as $i ({}; . + {("k\\($i)"): $i})', null, { k0: 0, k1: 1, k2: 2 }],
    ['reduce range(3) as $i ({}; .all += [$i] | .n += 1)', null, { all: [0, 1, 2], n: 3 }],
    ['reduce range(3) as $i ([]; .[$i] = $i * 2)', null, [0, 2, 4]],
    ['reduce range(2) as $i ({a: [0]}; .a += [$i] | .b = .a)', null, { a: [0, 0, 1], b: [0, 0, 1] }],
    ['reduce range(3) as $i ([]; . + [$i] | if $i == 1 then [., .] else . end)', null, [[0, 1], [0, 1], 2]],
    ['reduce range(3) as $i ({}; .x = [$i] | .y = .x | .x += ["more"])', null, { x: [2, 'more'], y: [2] }],
    ['reduce range(3) as $i ({}; .log = (.log // []) + [$i])', null, { log: [0, 1, 2] }],
    [
      'reduce range(3) as $i ({}; . as $old | .last = $old | .n = $i)',
      null,
      { last: { last: { last: {}, n: 0 }, n: 1 }, n: 2 },
    ],
    [
      'reduce range(2) as $i ({a: {}}; .a[$i | tostring] = $i | .copy = .a)',
      null,
      { a: { 0: 0, 1: 1 }, copy: { 0: 0, 1: 1 } },
    ],
    ['reduce range(3) as $i ({a: 1, b: 2}; .b |= empty)', null, { a: 1 }],
    ['reduce range(2) as $i ({"__proto__": 1}; .["__proto__"] += 1) | .["__proto__"]', null, 3],
    ['reduce .[] as $x (.; .[0] += $x)', [1, 2], [4, 2]],
    ['reduce range(3) as $i ([[]]; .[0] |= . + [$i])', null, [[0, 1, 2]]],
    [
      'reduce range(3) as $i ([[1]]; .[0] |= [., .])',
      null,
      [
        [
          [
            [[1], [1]],
            [[1], [1]],
          ],
          [
            [[1], [1]],
            [[1], [1]],
          ],
        ],
      ],
    ],
  ])

  test('growing an array or an object step by step takes linear time', () => {
    const program =
      'reduce range(100000) as $i ({a: [], o: {}}; .a += [$i] | .o["\\($i % 10)"] += 1) | (.a | length), .o["3"]'
    expect([...compile(program)(null)]).toEqual([100_000, 10_000])
  })

  test('what went in is not changed', () => {
    const input = { list: [1] }
    const variables = { v: { list: [1] } }
    const program = compile(
      'reduce range(3) as $i (.; .list += [$i]), (reduce range(3) as $i ($v; .list += [$i]))',
      {
        variables: ['v'],
      },
    )
    expect([...program(input, variables)]).toEqual([{ list: [1, 0, 1, 2] }, { list: [1, 0, 1, 2] }])
    expect(input).toEqual({ list: [1] })
    expect(variables).toEqual({ v: { list: [1] } })
  })

  test('what debug has seen is not changed afterwards', () => {
    const seen: unknown[] = []
    compile('reduce range(3) as $i ([]; . + [$i] | debug)').first(
      null,
      {},
      { onDebug: (value) => seen.push(value) },
    )
    expect(seen).toEqual([[0], [0, 1], [0, 1, 2]])
  })
})
