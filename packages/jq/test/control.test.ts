/** Conditions, errors, labels, loops and generators. */
import { describe, expect, test } from 'vitest'
import { compile } from '../src/index.ts'
import { failures, run, table } from './table.ts'

describe('conditions', () => {
  table([
    ['if . > 1 then "big" elif . == 1 then "one" else "small" end', 1, 'one'],
    ['if . then "yes" end', null, null],
    ['if . then "yes" elif 1 then "elif" end', false, 'elif'],
    ['[if (true, false, null) then 1 else 2 end]', null, [1, 2, 2]],
    ['[if empty then 1 else 2 end]', null, []],
    ['[if true then (1, 2) else 3 end]', null, [1, 2]],
    ['if 0 then 1 else 2 end, if "" then 1 else 2 end', null, 1, 1],
    ['[.[] | select(. > 1)]', [1, 2, 3], [2, 3]],
    ['[.[] | select((. > 1, . > 2))]', [2, 3], [2, 3, 3]],
    ['[.[] | values, nulls]', [1, null], [1, null]],
    ['[.[] | select(type == ("null", "string"))]', [null, 'a', 1], [null, 'a']],
  ])
})

describe('errors', () => {
  table([
    ['try error("x") catch .', null, 'x'],
    ['try error({a: 1}) catch .a', null, 1],
    ['try error(null) catch .', null, null],
    ['[.[] | try tonumber catch "bad"]', ['1', 'x', '2'], [1, 'bad', 2]],
    ['[.[] | tonumber?]', ['1', 'x'], [1]],
    ['[try (1, error("x"), 3) catch .]', null, [1, 'x']],
    ['[(1, error("x"), 3)?]', null, [1]],
    ['try (try error("a") catch error("b")) catch .', null, 'b'],
    ['[try (1, 2) | if . == 2 then error("later") else . end]?', null],
    ['try ((1, 2) | if . == 2 then error("later") else . end) catch .', null, 1, 'later'],
    ['[.a?, .b.c?]', { b: {} }, [null, null]],
    ['try error catch .', 5, 5],
    ['error(empty)', null],
    ['[error(1, 2)?]', null, []],
    ['def break_it: "y"; try (break_it | error) catch .', null, 'y'],
  ])
  failures([
    ['error("x")', null, 'x'],
    ['error', { a: [1] }, { a: [1] }],
    ['error(null)', null, null],
    ['try error("x") catch error(. + "y")', null, 'xy'],
    ['.[] as [$a] | $a.b', [[1]], 'Cannot index number with string ("b")'],
    ['try 1 catch 2 | error', null, 1],
  ])
  test('an uncaught error that is not a string says so', () => {
    expect(() => [...run('error({a: 1})', null)]).toThrow('(not a string): {"a":1}')
  })
})

describe('labels', () => {
  table([
    ['[label $out | 1, 2, break $out, 3]', null, [1, 2]],
    ['[label $a | label $b | 1, break $a, 2]', null, [1]],
    ['[label $a | (label $b | 1, break $b, 2), 3]', null, [1, 3]],
    ['[label $f | range(10) | ., (select(. == 2) | break $f)]', null, [0, 1, 2]],
    ['[range(3) as $x | label $l | $x, break $l, 9]', null, [0, 1, 2]],
    ['[label $l | try (1, break $l) catch "caught"]', null, [1]],
    ['[label $l | def f: break $l; 1, f, 2]', null, [1]],
    ['[label $l | def f(g): g, f(g); f(1, break $l)]', null, [1]],
    ['[.[] | label $l | if . > 1 then break $l else . end]', [1, 2, 1], [1, 1]],
    ['label $l | reduce (1, 2, 3) as $x (0; if $x == 3 then break $l else . + $x end)', null],
    ['[label $l | [1, break $l]]', null, []],
    ['[label $l | first(break $l), 1]', null, []],
  ])
})

describe('loops', () => {
  table([
    [
      '[range(3)], [range(1; 3)], [range(0; 10; 4)], [range(3; 0; -2)], [range(1; 0)]',
      null,
      [0, 1, 2],
      [1, 2],
      [0, 4, 8],
      [3, 1],
      [],
    ],
    ['[range(0; 1; 0)], [range(0.5; 3)]', null, [], [0.5, 1.5, 2.5]],
    ['[range((0, 1); (2, 3))]', null, [0, 1, 0, 1, 2, 1, 1, 2]],
    ['[while(. < 5; . + 2)]', 1, [1, 3]],
    ['[while((. < 3, . < 2); . + 1)]', 1, [1, 2, 1, 2]],
    ['until(. > 100; . * 2)', 3, 192],
    ['[until(. > 2; (. + 1, . + 2))]', 1, [3, 4, 3]],
    ['[limit(3; repeat(7))]', null, [7, 7, 7]],
    ['[limit(5; repeat(1, 2))]', null, [1, 2, 1, 2, 1]],
    ['[limit((1, 2); 5, 6, 7)], [limit(0; error)]', null, [5, 5, 6], []],
    ['[skip(2; 1, 2, 3), skip(0; 1)]', null, [3, 1]],
    ['first(range(10)), [first(empty)], (last(range(4))), [last(empty)]', null, 0, [], 3, []],
    ['nth(2; range(10)), [nth(5; 1, 2)], (nth(1))', [7, 8], 2, [], 8],
    ['first, last', [1, 2, 3], 1, 3],
    ['[recurse(if . < 3 then . + 1 else empty end)]', 0, [0, 1, 2, 3]],
    ['[recurse(.[]?; . != 2)]', [1, [2]], [[1, [2]], 1, [2]]],
    ['[recurse(.children[]) | .name]', { name: 'a', children: [{ name: 'b', children: [] }] }, ['a', 'b']],
    ['[limit(4; recurse(. + 1, . + 10))]', 0, [0, 1, 2, 3]],
    ['isempty(empty), isempty(1, error), isempty(error?)', null, true, false, true],
    ['any, all', [true, false], true, false],
    ['any(. > 2), all(. > 0)', [1, 3], true, true],
    ['any(range(3); . == 2), all(range(3); . < 2)', null, true, false],
    ['any(true, error; .), all(false, error; .)', null, true, false],
    ['[any(empty; .), all(empty; .)]', null, [false, true]],
    [
      '[combinations]',
      [
        [1, 2],
        [3, 4],
      ],
      [
        [1, 3],
        [1, 4],
        [2, 3],
        [2, 4],
      ],
    ],
    [
      '[combinations(2)]',
      [0, 1],
      [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ],
    ],
    ['walk(if type == "number" then . + 1 else . end)', { a: [1, { b: 2 }] }, { a: [2, { b: 3 }] }],
    ['walk(select(. != 1))', [1, { a: 1, b: 2 }], [{ b: 2 }]],
    ['[walk(numbers |= (., . * 10))]', [1], [[1]]],
    ['walk(if type == "object" then to_entries else . end)', { a: {} }, [{ key: 'a', value: [] }]],
    ['add(.[]), add(empty), add(.[] | . * 2)', [1, 2], 3, null, 6],
    ['[empty], [empty, 1]', null, [], [1]],
    ['not', null, true],
  ])
  failures([
    ['limit(-1; 1)', null, "limit doesn't support negative count"],
    ['skip(-1; 1)', null, "skip doesn't support negative count"],
    ['nth(-1; 1)', null, "nth doesn't support negative indices"],
    ['range("a")', null, 'Range bounds must be numeric'],
    ['until(error("stop"); .)', 1, 'stop'],
  ])
})

describe('laziness', () => {
  test('outputs are computed one at a time, when they are asked for', () => {
    const seen: unknown[] = []
    const outputs = compile('range(1e9) | debug')(null, {}, { onDebug: (value) => seen.push(value) })
    expect(outputs.next().value).toBe(0)
    expect(outputs.next().value).toBe(1)
    expect(seen).toEqual([0, 1])
    outputs.return(undefined)
    expect(outputs.next().done).toBe(true)
  })

  test('an error comes after the outputs before it', () => {
    const outputs = compile('1, error("x")')(null)
    expect(outputs.next().value).toBe(1)
    expect(() => outputs.next()).toThrow('x')
  })

  test('nothing past the first output runs for a first output', () => {
    for (const program of [
      '1, error("x")',
      'first(1, error("x"))',
      'limit(1; 1, error("x"))',
      '(1, error("x")) as $x | $x',
    ]) {
      expect(compile(program).first(null)).toBe(1)
    }
    expect(compile('repeat(1)').first(null)).toBe(1)
    expect(compile('def f: 1, f; f').first(null)).toBe(1)
  })
})
