/** Regular expressions: jq's builtins and flags, Oniguruma's syntax in JavaScript. */
import { describe } from 'vitest'
import { failures, table } from './table.ts'

const match = (offset: number, string: string, captures: unknown[] = []) =>
  ({ offset, length: Array.from(string).length, string, captures }) as never
const group = (offset: number, string: string | null, name: string | null = null) => ({
  offset,
  length: string === null ? 0 : Array.from(string).length,
  string,
  name,
})

describe('the builtins', () => {
  table([
    ['test("b+"), test("B"), test("B"; "i"), test(["B", "i"])', 'abb', true, false, true, true],
    ['match("b+")', 'abb', match(1, 'bb')],
    ['[match("b"; "g") | .offset]', '🎈b é b', [1, 5]],
    ['match("(a)(?<n>x)?")', 'ba', match(1, 'a', [group(1, 'a'), group(-1, null, 'n')])],
    ['[match("", "g"; "g") | .offset]', 'ab', [0, 1, 2]],
    ['[match(["b", "g"]).string]', 'abb', ['b', 'b']],
    ['capture("(?<y>\\\\d+)-(?<m>\\\\d+)")', 'on 2024-05', { y: '2024', m: '05' }],
    ['[capture("(?<l>[a-z])"; "g")]', 'a1b', [{ l: 'a' }, { l: 'b' }]],
    [
      '[scan("\\\\d+")], [scan("(\\\\d)(\\\\d)")], [scan("A"; "i")]',
      '12 a 34',
      ['12', '34'],
      [
        ['1', '2'],
        ['3', '4'],
      ],
      ['a'],
    ],
    ['split("[0-9]"; "g"), split("A"; "gi")', 'x1a2y', ['x', 'a', 'y'], ['x1', '2y']],
    ['[splits("a+"; "i")]', 'xAAy', ['x', 'y']],
    ['sub("b"; "X"), gsub("b"; "X"), sub("B"; "X"; "gi")', 'abcb', 'aXcb', 'aXcX', 'aXcX'],
    ['gsub("(?<d>\\\\d)"; "<\\(.d)>")', 'a1b2', 'a<1>b<2>'],
    ['[sub("(?<x>b)"; "1\\(.x)", "2\\(.x)")]', 'abc', ['a1bc', 'a2bc']],
    ['gsub(""; "-"), gsub("$"; "!"), gsub("^"; ">")', 'ab', '-a-b-', 'ab!', '>ab'],
    ['gsub("\\\\s+"; " ")', 'a \n b', 'a b'],
    ['gsub("a"; "b"; "i")', 'aA', 'bb'],
    ['sub("x"; "y"), [gsub("a"; empty)]', 'bab', 'bab', ['bab']],
    ['gsub("(?<e>é)"; "[\\(.e)]")', '🎈é🎈', '🎈[é]🎈'],
    ['ascii_downcase | test("^[a-z]+$")', 'ABC', true],
  ])
  failures([
    ['test("a")', 1, 'number (1) cannot be matched, as it is not a string'],
    ['test(1)', 'a', 'number not a string or array'],
    ['test("a"; "q")', 'a', 'q is not a valid modifier string'],
    ['test("a"; 1)', 'a', 'number (1) is not a string'],
    ['match([1])', 'a', 'number (1) is not a string'],
    ['sub("a"; 1)', 'a', 'string ("") and number (1) cannot be added'],
    ['test("(")', 'a', 'Regex failure: end pattern with unmatched parenthesis'],
    ['test(")")', 'a', 'Regex failure: unmatched close parenthesis'],
    ['test("[a")', 'a', 'Regex failure: premature end of char-class'],
    ['test("*")', 'a', 'Regex failure: target of repeat operator is not specified'],
    ['test("a"; "l")', 'a', 'Regex failure: longest match (flag l) cannot be expressed in JavaScript'],
    ['test("\\\\Ga")', 'a', 'Regex failure: the search start anchor \\G cannot be expressed in JavaScript'],
    [
      'test("(?<a>\\\\g<a>?)")',
      'a',
      'Regex failure: subexpression calls with \\g cannot be expressed in JavaScript',
    ],
    ['test("(a)?(?(1)b|c)")', 'a', 'Regex failure: conditionals cannot be expressed in JavaScript'],
    ['test("\\\\k<no>")', 'a', 'Regex failure: undefined name <no> reference'],
    ['test("\\\\p{Nope}")', 'a', 'Regex failure: invalid character property name {Nope}'],
  ])
})

describe('flags', () => {
  table([
    ['test("a b # note"; "x"), test("a\\\\ b"; "x")', 'ab', true, false],
    ['test("a.b"), test("a.b"; "s"), test("a.b"; "p")', 'a\nb', false, false, true],
    ['[match("a*"; "gn").string]', 'baac', ['aa']],
    ['[match("|a"; "gn").string]', 'ba', ['a']],
    ['test("^b"), test("a$"), test("(?m)^b"), test("(?m:a$)")', 'a\nb', false, false, true, true],
    ['test("a$"), test("a\\\\z"), test("a\\\\Z")', 'a\n', true, false, true],
    [
      'test("(?i)AB"), test("(?i:A)b"), test("(?i:A)B"), test("a(?-i)B"; "i")',
      'ab',
      true,
      true,
      false,
      false,
    ],
    ['test("a(?s).b"), test("a(?i)|B")', 'a\nb', true, true],
  ])
})

describe("Oniguruma's syntax", () => {
  table([
    ['[scan("\\\\w+")]', 'é_1-\u0430', ['é_1', '\u0430']],
    ['[scan("\\\\d")], [scan("[[:digit:]]")], [scan("\\\\h+")]', 'a1٣', ['1', '٣'], ['1', '٣'], ['a1']],
    [
      '[scan("[[:alpha:]]+")], [scan("[^[:alpha:]]+")], [scan("[[:^alpha:]]")]',
      'ab1c',
      ['ab', 'c'],
      ['1'],
      ['1'],
    ],
    ['[scan("[a-z&&[^b]]")], [scan("[a-c[x-z]]+")]', 'abcx', ['a', 'c', 'x'], ['abcx']],
    [
      '[scan("\\\\p{Lu}")], [scan("\\\\P{L}")], [scan("\\\\p{^L}")], [scan("\\\\p{Greek}")]',
      'aBγ1',
      ['B'],
      ['1'],
      ['1'],
      ['γ'],
    ],
    ['[scan("\\\\bfoo\\\\b")], [scan("\\\\Boo")]', 'foo éfoo', ['foo'], ['oo', 'oo']],
    ['test("(a)\\\\1"), test("(?<q>.)\\\\k<q>"), test("(?<q>.)\\\\k\'q\'")', 'aa', true, true, true],
    ['[scan("(?>a+)b")], test("a++a"), test("(?>a|ab)c")', 'aaabc', ['aaab'], false, false],
    ['[match("(x(a)|b)++(c)").captures[].string]', 'xac', ['xa', 'a', 'c']],
    ['test("(?<=a)b"), test("(?<!a)b"), test("a(?=b)"), test("a(?!b)")', 'ab', true, false, true, false],
    ['test("a{2}"), test("a{,2}$"), test("^a{2,}$"), test("a{")', 'aa', true, true, true, false],
    ['test("a{"), test("{"), test("]")', 'a{]', true, true, true],
    ['test("\\\\x41\\\\u0042\\\\x{43}\\\\t")', 'ABC\t', true],
    ['test("\\\\Qa.b\\\\E"), test("a\\\\.b"), test("a/b|a\\\\.b")', 'a.b', true, true, true],
    ['test("^\\\\R$"), test("(?#note)^\\\\s")', '\r\n', true, true],
    ['[match("(?<x>a?)?b?") | .captures[0].string]', 'b', ['']],
    ['[scan("[]a]")], [scan("[a\\\\]-]")]', ']a-', [']', 'a'], [']', 'a', '-']],
    ['[scan("a.c")]', 'a🎈c', ['a🎈c']],
    [
      '[scan("(?<y>a)|(?<n>b)")]',
      'ab',
      [
        ['a', null],
        [null, 'b'],
      ],
    ],
  ])
})
