/** Builtins over strings, interpolation and conversions to and from text. */
import { describe } from 'vitest'
import { failures, table } from './table.ts'

describe('interpolation', () => {
  table([
    ['"a\\(1 + 1)b\\("x")\\(null)\\([1])"', null, 'a2bxnull[1]'],
    ['"nested \\("in \\("side")")"', null, 'nested in side'],
    ['"\\(.a) and \\(.b)"', { a: 1.5, b: { c: [] } }, '1.5 and {"c":[]}'],
    ['"tab\\tquote\\" slash\\/ u\\u00e9 pair\\ud83c\\udf88"', null, 'tab\tquote" slash/ ué pair🎈'],
    ['"no # comment" # but here is one', null, 'no # comment'],
    ['@json "v=\\({a: "\\"x"})"', null, 'v={"a":"\\"x"}'],
    ['@base64 "a\\("b")" + @text "\\(1)"', null, 'aYg==1'],
    ['"\\(1, 2)"', null, '1', '2'],
  ])
})

describe('tests and cuts', () => {
  table([
    ['[.[] | startswith("ab")], [.[] | endswith("bc")]', ['abc', 'bab'], [true, false], [true, false]],
    ['ltrimstr("ab"), rtrimstr("ab"), trimstr("ab")', 'abcab', 'cab', 'abc', 'c'],
    ['ltrimstr("x"), trimstr("")', 'abc', 'abc', 'abc'],
    ['trim, ltrim, rtrim', ' \ta b\n\u3000', 'a b', 'a b\n\u3000', ' \ta b'],
    ['split(","), split("")', 'a,b', ['a', 'b'], ['a', ',', 'b']],
    ['split(", *"; null)', 'a,b,  c', ['a', 'b', 'c']],
    ['[splits("[,;]")]', 'a,b;c', ['a', 'b', 'c']],
    ['join("-"), join(", ")', ['a', 1, null, true], 'a-1--true', 'a, 1, , true'],
    ['join(",")', [], ''],
    ['[join(",", ";")]', ['a', 'b'], ['a,b', 'a;b']],
    ['ascii_downcase, ascii_upcase', 'aÉzZ', 'aÉzz', 'AÉZZ'],
    ['explode, (explode | implode)', 'aé🎈', [97, 233, 127880], 'aé🎈'],
    ['65 | ascii', null, 'A'],
    ['[.[] | length], [.[] | utf8bytelength]', ['aé🎈', ''], [3, 0], [7, 0]],
    ['index("b"), rindex("b"), indices("b")', 'abcb', 1, 3, [1, 3]],
    ['indices("aa")', 'aaa', [0, 1]],
    ['index("z"), indices("z"), index("")', 'abc', null, [], null],
    ['indices("🎈"), index("b")', '🎈a🎈b', [0, 2], 3],
    ['_strindices("b")', 'abcb', [1, 3]],
    ['contains("bc"), contains("x")', 'abcd', true, false],
    ['inside("abcd")', 'bc', true],
    ['"abc" | .[1:2], test("B"; "i")', null, 'b', true],
    ['tojson, tostring', 'a"b', '"a\\"b"', 'a"b'],
    ['[.[] | tostring]', [1, '1', [1, { a: null }], true], ['1', '1', '[1,{"a":null}]', 'true']],
    ['[.[] | tojson | fromjson]', [1, 'a', [1], { a: null }], [1, 'a', [1], { a: null }]],
    ['[.[] | tonumber]', ['1', '1', '1e3', '-0.5', '.5', '5.', 7], [1, 1, 1000, -0.5, 0.5, 5, 7]],
    ['[.[] | toboolean]', ['true', 'false', true], [true, false, true]],
    ['tojson', '\u0001\u007f\u2028', '"\\u0001\\u007f\u2028"'],
    ['ltrimstr("a"), ([.] | implode)?', 'ab', 'b'],
    ['toarray, ([1] | toarray)', 'a', ['a'], [1]],
  ])
  failures([
    ['startswith(1)', 'a', 'startswith() requires string inputs'],
    ['endswith("a")', 1, 'endswith() requires string inputs'],
    ['ltrimstr("a")', 1, 'startswith() requires string inputs'],
    ['trim', 1, 'trim input must be a string'],
    ['split(1)', 'a', 'split input and separator must be strings'],
    ['join(",")', ['a', [1]], 'string ("a,") and array ([1]) cannot be added'],
    ['explode', 1, 'explode input must be a string'],
    ['implode', 'a', 'implode input must be an array'],
    ['implode', ['a'], 'string ("a") can\'t be imploded, unicode codepoint needs to be numeric'],
    ['utf8bytelength', [1], 'array ([1]) only strings have UTF-8 byte length'],
    ['tonumber', 'x', 'string ("x") cannot be parsed as a number'],
    ['tonumber', [1], 'array ([1]) cannot be parsed as a number'],
    ['toboolean', 'yes', 'string ("yes") cannot be parsed as a boolean'],
    ['fromjson', 1, 'number (1) only strings can be parsed'],
    ['length', true, 'boolean (true) has no length'],
    ['"a" | contains(1)', null, 'string ("a") and number (1) cannot have their containment checked'],
  ])
})

describe('fromjson', () => {
  table([
    [
      '[.[] | fromjson]',
      ['1', '"a"', '[1, {"a": null}]', ' true ', 'nan', '1.50', '1e2'],
      [1, 'a', [1, { a: null }], true, NaN, 1.5, 100],
    ],
    ['fromjson', '{"a":1,"a":2,"__proto__":3}', JSON.parse('{"a":2,"__proto__":3}')],
    ['fromjson | . == -infinite', '-Infinity', true],
    ['fromjson', '"\\ud83c\\udf88"', '🎈'],
  ])
  failures([
    ['fromjson', '{a:1}', "Invalid numeric literal at line 1, column 3 (while parsing '{a:1}')"],
    ['fromjson', '[1,2', "Unfinished JSON term at EOF at line 1, column 4 (while parsing '[1,2')"],
    ['fromjson', '[1 2]', "Expected separator between values at line 1, column 5 (while parsing '[1 2]')"],
    [
      'fromjson',
      '{"a" 1}',
      'Expected separator between values at line 1, column 7 (while parsing \'{"a" 1}\')',
    ],
    ['fromjson', '[1,]', "Expected another array element at line 1, column 4 (while parsing '[1,]')"],
    [
      'fromjson',
      '{"a":1,}',
      'Expected another key-value pair at line 1, column 8 (while parsing \'{"a":1,}\')',
    ],
    ['fromjson', '1 2', "Unexpected extra JSON values (while parsing '1 2')"],
    ['fromjson', '', "Expected JSON value (while parsing '')"],
    ['fromjson', 'tru', "Invalid literal at EOF at line 1, column 3 (while parsing 'tru')"],
    ['fromjson', '"a', "Unfinished string at EOF at line 1, column 2 (while parsing '\"a')"],
    ['fromjson', ']', "Unmatched ']' at line 1, column 1 (while parsing ']')"],
    ['fromjson', '"\\x"', 'Invalid escape at line 1, column 4 (while parsing \'"\\x"\')'],
    ['fromjson', '{1:2}', "Object keys must be strings at line 1, column 3 (while parsing '{1:2}')"],
  ])
})
