/** The `@name` formats. */
import { describe } from 'vitest'
import { failures, table } from './table.ts'

describe('formats', () => {
  table([
    ['@text, @json', { a: 'é"' }, '{"a":"é\\""}', '{"a":"é\\""}'],
    ['@text, @json', 'x', 'x', '"x"'],
    ['@csv', [1, 'a"b', null, true, 1.5], '1,"a""b",,true,1.5'],
    ['@tsv', [1, 'a\tb\\c\nd\r', null, false], '1\ta\\tb\\\\c\\nd\\r\t\tfalse'],
    ['@html', "<a href='x'>&\"", '&lt;a href=&apos;x&apos;&gt;&amp;&quot;'],
    ['@html', [1, '<'], '[1,&quot;&lt;&quot;]'],
    ['@uri, (@uri | @urid)', 'a b/é~-._', 'a%20b%2F%C3%A9~-._', 'a b/é~-._'],
    ['@sh', "it's", "'it'\\''s'"],
    ['@sh', [1, 'a b', null, true], "1 'a b' null true"],
    ['@base64, (@base64 | @base64d)', 'é🎈', 'w6nwn46I', 'é🎈'],
    ['@base64', 'a', 'YQ=='],
    ['@base64d', 'YWI', 'ab'],
    ['@base64d', '/w==', '\ufffd'],
    ['@base32, (@base32 | @base32d)', 'hello', 'NBSWY3DP', 'hello'],
    ['@base32', 'a', 'ME======'],
    ['@uri "q=\\(.q)&r=\\(.r)"', { q: 'a b', r: '&' }, 'q=a%20b&r=%26'],
    ['@sh "echo \\(.)"', 'x y', "echo 'x y'"],
    ['@csv "\\([1, "a"]);"', null, '1,"a";'],
    ['[format("text", "json")]', 'a', ['a', '"a"']],
    ['"\\(1)" | @json "x\\(.)"', null, 'x"1"'],
  ])
  failures([
    ['@csv', 'x', 'string ("x") cannot be csv-formatted, only array'],
    ['@tsv', { a: 1 }, 'object ({"a":1}) cannot be tsv-formatted, only array'],
    ['@csv', [[1]], 'array ([1]) is not valid in a csv row'],
    ['@sh', [{}], 'object ({}) can not be escaped for shell'],
    ['@base64d', '!', 'string ("!") is not valid base64 data'],
    ['@base64d', 'QUJDa', 'string ("QUJDa") trailing base64 byte found'],
    ['@base32d', '1', 'string ("1") is not valid base32 data'],
    ['@urid', '%zz', 'string ("%zz") is not a valid uri encoding'],
    ['@urid', '%ff', 'string ("%ff") is not a valid uri encoding'],
    ['@nope', 1, 'nope is not a valid format'],
    ['format(1)', 1, 'number (1) is not a valid format'],
  ])
})
