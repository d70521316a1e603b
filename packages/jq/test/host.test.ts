/** What a caller may hand to an evaluation, and what happens without it. */
import { describe, expect, test } from 'vitest'
import { compile, JqHaltError, type Json } from '../src/index.ts'
import { failures, table } from './table.ts'

describe('with nothing handed in', () => {
  table([
    ['env, $ENV', null, {}, {}],
    ['[inputs]', null, []],
    ['input_line_number, input_filename', null, 0, null],
    ['debug, debug("x"), stderr', 1, 1, 1, 1],
    ['get_search_list', null, []],
    ['$__prog_args', null, {}],
    ['[builtins[] | select(startswith("_"))]', null, []],
    [
      'builtins | map(select(. == ("map/1", "now/0", "ltrimstr/1"))) | sort',
      null,
      ['ltrimstr/1', 'map/1', 'now/0'],
    ],
  ])
  failures([
    ['input', null, 'break'],
    ['now', null, 'now: no clock was given; the caller of the program must pass run.now'],
  ])
})

describe('environment', () => {
  const run = { env: { HOME: '/home/x', __proto__x: '1' } }
  table([['env.HOME, $ENV.HOME, $ENV.NOPE, (env | length)', null, '/home/x', '/home/x', null, 2]], { run })
})

describe('inputs', () => {
  const from = (...values: Json[]) => ({ inputs: values[Symbol.iterator]() })
  test('are taken one at a time, in order', () => {
    expect([...compile('., input, [inputs]')(0, {}, from(1, 2, 3))]).toEqual([0, 1, [2, 3]])
    expect(compile('[., input]').first(0, {}, from(1, 2))).toEqual([0, 1])
    expect(compile('first(inputs)').first(0, {}, from(1, 2))).toBe(1)
    expect(compile('reduce inputs as $x (0; . + $x)').first(0, {}, from(1, 2, 3))).toBe(6)
    expect(compile('try ([1, 2] | map(input)) catch .').first(0, {}, from(1))).toBe('break')
  })

  test('are not read further than the program asks', () => {
    let taken = 0
    const inputs: Iterator<Json> = { next: () => ({ done: false, value: ++taken }) }
    const outputs = compile('inputs')(null, {}, { inputs })
    expect(outputs.next().value).toBe(1)
    expect(outputs.next().value).toBe(2)
    expect(taken).toBe(2)
  })

  test('have a place that the caller knows', () => {
    const run = { inputLine: () => 7, inputName: () => 'a.json' }
    expect(compile('[input_line_number, input_filename]').first(null, {}, run)).toEqual([7, 'a.json'])
  })
})

describe('messages', () => {
  test('debug and stderr go to the caller and let their input through', () => {
    const [debugged, written]: [Json[], Json[]] = [[], []]
    const run = {
      onDebug: (value: Json) => debugged.push(value),
      onStderr: (value: Json) => written.push(value),
    }
    const program = '(. | debug) + (. | stderr) | debug("sum \\(.)", "again") | debug(empty)'
    expect(compile(program).first(2, {}, run)).toBe(4)
    expect(debugged).toEqual([2, 'sum 4', 'again'])
    expect(written).toEqual([2])
  })
})

describe('halting', () => {
  test('halt ends the outputs', () => {
    expect([...compile('1, halt, 2')(null)]).toEqual([1])
    expect(compile('halt').first(null)).toBeUndefined()
    expect([...compile('try halt catch "caught"')(null)]).toEqual([])
  })

  test('halt_error reaches the caller with its value and code, through any try', () => {
    const caught = (source: string) => {
      try {
        compile(source).first('bye')
      } catch (error) {
        if (error instanceof JqHaltError) return [error.exitCode, error.value, error.message]
      }
      return undefined
    }
    expect(caught('halt_error')).toEqual([5, 'bye', 'bye'])
    expect(caught('try halt_error(3) catch "caught"')).toEqual([3, 'bye', 'bye'])
    expect(caught('{a: 1} | halt_error(1)')).toEqual([1, { a: 1 }, '{"a":1}'])
    expect(() => compile('halt_error("x")').first(1)).toThrow('halt_error/1: number required')
  })
})

test('one program runs many times at once', () => {
  const program = compile('range(3) as $i | def f: if . > $i then . else . + 1 | f end; $base | f', {
    variables: ['base'],
  })
  const runs = [0, 10, 2].map((base) => program(null, { base }))
  const results = runs.map(() => [] as unknown[])
  for (let step = 0; step < 3; step++)
    runs.forEach((outputs, index) => results[index]?.push(outputs.next().value))
  expect(results).toEqual([
    [1, 2, 3],
    [10, 10, 10],
    [2, 2, 3],
  ])
})

test('a debug hook may run another program', () => {
  const inner = compile('[range(3)] | map(. * 2)')
  const seen: unknown[] = []
  const outer = compile('[range(2) | debug]')
  expect(outer.first(null, {}, { onDebug: () => seen.push(inner.first(null)) })).toEqual([0, 1])
  expect(seen).toEqual([
    [0, 2, 4],
    [0, 2, 4],
  ])
})
