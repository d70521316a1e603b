/** Deep recursion that works, and hostile programs that end. */
import { describe, expect, test } from 'vitest'
import { compile, JqLimitError } from '../src/index.ts'

describe("deep recursion stays off the host's stack", () => {
  const deep: readonly (readonly [string, unknown])[] = [
    ['def f: if . > 100000 then . else (. + 1 | f) end; 0 | f', 100_001],
    ['def f: if . > 100000 then 0 else 1 + (. + 1 | f) end; 0 | f', 100_001],
    ['[def f: ., (if . < 100000 then . + 1 | f else empty end); 0 | f] | length', 100_001],
    ['def f(g): if . > 100000 then g else (. + 1 | f(g)) end; 0 | f(. + 1)', 100_002],
    ['[range(100000)] | length', 100_000],
    ['last(range(1e5))', 99_999],
    ['reduce range(0; 100000) as $i (0; . + $i)', 4_999_950_000],
    ['[foreach range(100000) as $i (0; . + 1)] | length', 100_000],
    ['[recurse(if . < 100000 then . + 1 else empty end)] | length', 100_001],
    ['[recurse(if . < 10000 then . + 1 else (empty, empty) end)] | length', 10_001],
    ['reduce range(10000) as $i ([]; [.]) | [..] | length', 10_001],
    ['reduce range(9999) as $i ([]; [.]) | tojson | fromjson | flatten', []],
    ['reduce range(10000) as $i ([]; [.]) | . == . and (. > [.]) ', false],
    ['reduce range(5000) as $i (1; {a: .}) | walk(.) | [paths] | length', 5000],
    ['reduce range(5000) as $i (1; [.]) | (.. | numbers) |= . + 1 | getpath([range(5000) | 0])', 2],
    ['setpath([range(10000) | 0]; 1) | getpath([range(10000) | 0])', 1],
    ['reduce range(9000) as $i (1; {a: .}) | . * . | contains({a: {}})', true],
    ['[limit(100000; repeat(1))] | length', 100_000],
    ['"x" + (" " * 1000000) + "x" | trim | rtrim | length', 1_000_002],
    ['0 | until(. == 1000000; . + 1)', 1_000_000],
    ['[0 | while(. < 100000; . + 1)] | length', 100_000],
    [
      'def f: try (if . > 30000 then error("end") else (. + 1 | f) end) catch error(.); try (0 | f) catch .',
      'end',
    ],
  ]
  for (const [program, result] of deep) {
    test(`\`${program}\` gives ${JSON.stringify(result)}`, () => {
      expect(compile(program).first(null)).toEqual(result)
      expect([...compile(program)(null)]).toEqual([result])
    })
  }

  test('inputs and variables may be nested as deeply as JSON texts', () => {
    const nested = JSON.parse('['.repeat(10_000) + ']'.repeat(10_000))
    expect(compile('[..] | length').first(nested)).toBe(10_000)
    expect(compile('$v == .', { variables: ['v'] }).first(nested, { v: nested })).toBe(true)
    expect(compile('tojson | length').first(nested)).toBe(20_000)
  })
})

describe('hostile programs end', () => {
  const limits = { steps: 300_000, sizeBytes: 8_000_000, depth: 20_000 }
  const hostile = [
    '[range(1e9)]',
    'def f: f; f',
    'def f: 1 + f; f',
    'def f: f, f; f',
    'def f: [f]; f',
    'def f(g): f(g | g); f(.)',
    '[limit(1e9; repeat(1))]',
    'last(range(1e12))',
    'reduce range(1e9) as $i ([]; . + [$i])',
    'reduce range(1e9) as $i ({}; .["\\($i)"] = $i)',
    'reduce range(1e9) as $i (""; . + "xxxxxxxxxxxxxxxx")',
    'reduce range(60) as $i ("x"; . + .)',
    'reduce range(60) as $i ([1]; . + .)',
    'reduce range(60) as $i (["x"]; [., .]) | tojson',
    'reduce range(60) as $i ([1]; [., .]) | flatten',
    'reduce range(60) as $i ([1]; [., .]) | . == (. + [])',
    'reduce range(60) as $i ([1]; [., .]) | [., .] | unique',
    'reduce range(60) as $i ([1]; [., .]) | walk(.)',
    'reduce range(60) as $i ([1]; [., .]) | .. |= .',
    'reduce range(60) as $i ({}; {a: ., b: .}) | . * .',
    'reduce range(60) as $i ([1]; [., .])',
    'reduce range(60) as $i ([1]; [., .]) | @sh "\\(tojson)"',
    '[reduce range(60) as $i ([1]; [., .])] | @csv',
    'reduce range(60) as $i ([1]; [., .]) | . as $x | [[$x, 1], [$x, 2]] | sort',
    'reduce range(60) as $i ([1]; [., .]) | [..] | length',
    '"x" * 50000000',
    '.[400000000] = 1',
    '[range(1000)] | [combinations(3)]',
    '[range(100000)] | map([range(1000)])',
    '[recurse(.)]',
    '[while(true; .)]',
    'until(false; .)',
    'until(false; ., .)',
    'isempty(repeat(empty))',
    'first(repeat(empty))',
    'any(repeat(false); .)',
    '[paths(.. == 1)] | repeat(empty)',
    '[range(3000)] | . - [range(3000) | -1]',
    'label $l | repeat(1) | select(. == 2) | break $l',
    'def f: try f catch f; f',
    'try repeat(empty) catch "caught"',
    '[range(200000)] | sort_by(-.) | sort | sort',
    '("a" * 100000) | [match("a"; "g")] | length',
    '("ab" * 100000) | gsub("a"; "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")',
  ]
  for (const program of hostile) {
    test(`\`${program}\` is stopped by its budget`, () => {
      expect(() => compile(program, { limits }).first(null)).toThrow(JqLimitError)
      expect(() => [...compile(program, { limits })(null)]).toThrow(JqLimitError)
    })
  }

  test('the error names the limit, and what a caller passes for one run comes first', () => {
    const program = compile('[range(1000)] | length', { limits: { steps: 10 } })
    expect(() => program.first(null)).toThrow(expect.objectContaining({ limit: 'steps' }))
    expect(program.first(null, {}, { limits: { steps: 10_000 } })).toBe(1000)
    const size = compile('"x" * 100', { limits: { sizeBytes: 10 } })
    expect(() => size.first(null)).toThrow(expect.objectContaining({ limit: 'sizeBytes' }))
    const depth = compile('def f: 1 + f; f', { limits: { depth: 10 } })
    expect(() => depth.first(null)).toThrow(expect.objectContaining({ limit: 'depth' }))
  })

  test('a budget belongs to one evaluation', () => {
    const program = compile('[range(50)] | length', { limits: { steps: 200 } })
    for (let time = 0; time < 20; time++) expect(program.first(null)).toBe(50)
  })
})

describe('hostile texts are refused', () => {
  const texts = {
    parentheses: '('.repeat(100_000) + '1' + ')'.repeat(100_000),
    brackets: '['.repeat(100_000),
    'unary minus': `${'-'.repeat(100_000)}1`,
    conditions: 'if 1 then '.repeat(50_000),
    interpolations: '"\\('.repeat(50_000),
    definitions: 'def f: '.repeat(50_000),
    patterns: `. as ${'['.repeat(50_000)}`,
  }
  for (const [name, text] of Object.entries(texts)) {
    test(`nested ${name} are an error and not a crash`, () => {
      expect(() => compile(text)).toThrow(/nested too deeply|syntax error/)
    })
  }

  test('long chains compile, or are refused as programs', () => {
    for (const link of ['| .', '+ 1', ', 1', '.a', '[0]', '// 1', 'and 1', '?', '| . as $x']) {
      const compiled = () => compile(`.${` ${link}`.repeat(20_000)}${link.includes('as') ? ' | 1' : ''}`)
      try {
        compiled().first(null)
      } catch (error) {
        expect(String(error)).toMatch(/nested too deeply|too large|Cannot|cannot|depth/)
      }
    }
  })

  test('a chain that compiles but does not fit what is left of the stack is a limit and not a crash', () => {
    const program = compile(`1${' + 1'.repeat(1500)} + .`)
    const dive = (depth: number): unknown => {
      try {
        return dive(depth + 1)
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        return program.first(1)
      }
    }
    expect(() => dive(0)).toThrow(JqLimitError)
    expect(program.first(1)).toBe(1502)
  })

  test('inlining cannot explode', () => {
    let text = 'def f0: 1 + 1;'
    for (let level = 1; level < 40; level++) text += `def f${level}: f${level - 1}, f${level - 1};`
    const program = compile(`${text} first(f39)`, { limits: { steps: 100_000 } })
    expect(program.first(null)).toBe(2)
    const patterns = Array.from({ length: 30 }, () => '. as [$a] ?// $a').join(' | ')
    expect(() => compile(`${patterns} | 1`)).toThrow('Program is too large')
  })
})

test('a chain of thousands of members is compiled in the time of its length', () => {
  const time = (length: number): number => {
    const before = performance.now()
    compile('.a'.repeat(length))
    return performance.now() - before
  }
  time(1_000)
  expect(time(4_000)).toBeLessThan(500)
})
