/** Numbers: the C mathematics library, printing, and texts that a double cannot hold. */
import { describe, expect, test } from 'vitest'
import { compile } from '../src/index.ts'
import { failures, table } from './table.ts'

describe('rounding and signs', () => {
  table([
    ['[.[] | floor]', [1.5, -1.5], [1, -2]],
    ['[.[] | ceil]', [1.2, -1.2], [2, -1]],
    ['[.[] | round]', [1.5, 2.5, -1.5, -0.4], [2, 3, -2, -0]],
    ['[.[] | trunc], [.[] | rint], [.[] | nearbyint]', [1.5, 2.5, -1.5], [1, 2, -1], [2, 2, -2], [2, 2, -2]],
    ['[.[] | abs], [.[] | fabs]', [-1, 2, -0.5], [1, 2, 0.5], [1, 2, 0.5]],
    ['"a" | abs', null, 'a'],
    ['[copysign(1; -2), fmax(1; 2), fmin(1; 2), fdim(5; 3), fdim(3; 5)]', null, [-1, 2, 1, 2, 0]],
    ['[fma(2; 3; 4), fmod(7; 3), drem(7; 4), remainder(5; 3), hypot(3; 4)]', null, [10, 1, -1, -1, 5]],
    [
      '[.[] | modf]',
      [3.5, -1.25],
      [
        [0.5, 3],
        [-0.25, -1],
      ],
    ],
    [
      '[.[] | frexp]',
      [8, 0.75, 0],
      [
        [0.5, 4],
        [0.75, 0],
        [0, 0],
      ],
    ],
    ['[ldexp(3; 2), scalb(3; 2), scalbln(3; -1)]', null, [12, 12, 1.5]],
    ['[.[] | logb], [.[] | significand]', [8, 10], [3, 3], [1, 1.25]],
    ['[nextafter(1; 2) - 1, nexttoward(0; 1) > 0]', null, [2 ** -52, true]],
    [
      '[.[] | isnormal, isinfinite, isnan, isfinite]',
      [1, 0],
      [true, false, false, true, false, false, false, true],
    ],
    ['[infinite, -infinite | isinfinite], (nan | isnan)', null, [true, true], true],
    ['[[1, infinite, 1e-320][] | [finites, normals] | length]', null, [2, 0, 1]],
  ])
  failures([
    ['floor', 'a', 'string ("a") number required'],
    ['pow(1; "a")', null, 'string ("a") number required'],
    ['null | abs', null, 'null (null) cannot be negated'],
  ])
})

describe('functions', () => {
  const near = (expression: string, value: number) =>
    test(`\`${expression}\` is close to ${value}`, () => {
      expect(compile(expression).first(null)).toBeCloseTo(value, 10)
    })
  table([
    ['[sqrt, cbrt, exp2, log2, pow(.; 2)]', 64, [8, 4, 2 ** 64, 6, 4096]],
    ['[exp, log1p, expm1, exp10]', 0, [1, 0, 0, 1]],
    [
      '[sin, cos, tan, asin, acos, atan, sinh, cosh, tanh, asinh, atanh] | map(. * 1000 | round)',
      0,
      [0, 1000, 0, 0, 1571, 0, 0, 1000, 0, 0, 0],
    ],
    ['[1 | log, log10, acosh]', null, [0, 0, 0]],
    ['atan2(0; 1)', null, 0],
    ['[5 | gamma, lgamma, tgamma, lgamma_r[1]] | map(. * 1000 | round)', null, [3178, 3178, 24000, 1000]],
    ['[0.5 | erf, erfc] | add', null, 1],
  ])
  near('0.5 | tgamma', Math.sqrt(Math.PI))
  near('-0.5 | tgamma', -2 * Math.sqrt(Math.PI))
  near('150 | lgamma', 600.0094705553274)
  near('1 | erf', 0.8427007929497149)
  near('3 | erfc | . * 100000', 2.209049699858544)
  near('1 | j0', 0.7651976865579666)
  near('1 | j1', 0.44005058574493355)
  near('jn(2; 1)', 0.1149034849319005)
  near('1 | y0', 0.08825696421567697)
  near('1 | y1', -0.7812128213002887)
  near('yn(2; 1)', -1.6506826068162546)
  near('1 | log10', 0)
})

describe('printing', () => {
  table([
    [
      '[.[] | tojson]',
      [1, 1.5, -0, 1e17, 1e16, 123456789012, 0.0001, 0.00001, 1.5e-7],
      ['1', '1.5', '-0', '1e+17', '1e+16', '123456789012', '0.0001', '1e-05', '1.5e-07'],
    ],
    [
      '[nan, infinite, -infinite | tojson]',
      null,
      ['null', '1.7976931348623157e+308', '-1.7976931348623157e+308'],
    ],
    ['3.0 * 1 | tojson', null, '3'],
  ])
})

describe('numbers that a double cannot hold', () => {
  table([
    [
      '100000000000000000000000 | tojson, tostring, "\\(.)"',
      null,
      ...Array.from({ length: 3 }, () => '100000000000000000000000'),
    ],
    ['[1.000, 1e3, 1E+1000, 0.10, 100e-2 | tojson]', null, ['1.000', '1E+3', '1E+1000', '0.10', '1.00']],
    ['fromjson | tojson', '[12345678901234567890,1.0]', '[12345678901234567890,1.0]'],
    ['-12345678901234567890 | tojson', null, '-12345678901234567890'],
    ['12345678901234567890 + 0 | tojson', null, '12345678901234567000'],
    ['13911860366432393 == 13911860366432392, 13911860366432393 > 13911860366432392', null, false, true],
    [
      '[100000000000000000001, 100000000000000000000, 99999999999999999999.5] | sort | tojson',
      null,
      '[99999999999999999999.5,100000000000000000000,100000000000000000001]',
    ],
    ['[-1E+1000, -1, 0, 1E+1000, 1E+1001] | [.[:-1], .[1:]] | transpose | all(.[0] < .[1])', null, true],
    ['1.0 == 1, [1.0] == [1], ({} | .[1.0 | tostring] = 1)', null, true, true, { '1.0': 1 }],
    ['[3, 4][1.0], [range(3.0)]', null, 4, [0, 1, 2]],
    ['1.0, [1.50], {a: 1e2}', null, 1, [1.5], { a: 100 }],
    ['1.0 | type, length, abs, not, . + 1', null, 'number', 1, 1, false, 2],
    ['have_decnum, have_literal_numbers', null, true, true],
    ['"1.10" | tonumber | tojson', null, '1.10'],
    ['1.0 as $x | if $x == 1 then "one" end', null, 'one'],
    ['9007199254740993 | . - 1', null, 9007199254740991],
  ])

  test('outputs are plain JSON', () => {
    expect(compile('[100000000000000000001, {a: [1.0]}]').first(null)).toStrictEqual([1e20, { a: [1] }])
    const program = compile('$v, .', { variables: ['v'] })
    const [v, input] = [{ deep: [1] }, [2]]
    expect([...program(input, { v })].map((output) => [v, input].includes(output as never))).toEqual([
      true,
      true,
    ])
  })

  test('a hidden number has no keys and cannot be taken for an object', () => {
    for (const program of [
      '1.0 | keys',
      '1.0 | .a',
      '1.0 | .[]',
      '1.0 | has("a")',
      '1.0 + {}',
      '{a: 1.0} | .a.text',
    ]) {
      expect(() => compile(program).first(null)).toThrow(/number/)
    }
    expect(compile('[1.0 | .. ]').first(null)).toEqual([1])
    expect(compile('[1.0 | .a?, .[]?]').first(null)).toEqual([])
  })
})
