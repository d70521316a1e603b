/** The list of builtins is what the manual promises, and every one of them is mentioned in some test. */
import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { compile } from '../src/index.ts'

const folder = new URL('./', import.meta.url)
const texts = readdirSync(folder)
  .filter((name) => name.endsWith('.test.ts') && name !== 'builtins.test.ts')
  .map((name) => readFileSync(new URL(name, folder), 'utf8'))
  .join('\n')

const builtins = compile('builtins').first(null) as string[]

test('every builtin appears in a test', () => {
  const missing = builtins.filter((signature) => {
    const [name = '', arity] = signature.split('/')
    return !new RegExp(arity === '0' ? `\\b${name}\\b` : `\\b${name}\\(`).test(texts)
  })
  expect(missing).toEqual([])
})

test('every builtin of the manual is there', () => {
  const manual = [
    'abs/0 add/0 add/1 all/0 all/1 all/2 any/0 any/1 any/2 arrays/0 ascii_downcase/0 ascii_upcase/0 booleans/0 bsearch/1',
    'capture/1 capture/2 combinations/0 combinations/1 contains/1 debug/0 debug/1 del/1 delpaths/1 empty/0 endswith/1 env/0',
    'error/0 error/1 explode/0 first/0 first/1 flatten/0 flatten/1 floor/0 from_entries/0 fromdate/0 fromjson/0 fromstream/1',
    'getpath/1 gmtime/0 group_by/1 gsub/2 gsub/3 halt/0 halt_error/0 halt_error/1 has/1 have_decnum/0 have_literal_numbers/0',
    'implode/0 in/1 IN/1 IN/2 index/1 INDEX/1 INDEX/2 indices/1 infinite/0 input/0 input_filename/0 input_line_number/0',
    'inputs/0 inside/1 isempty/1 isfinite/0 isinfinite/0 isnan/0 isnormal/0 iterables/0 JOIN/2 JOIN/3 JOIN/4 join/1 keys/0',
    'keys_unsorted/0 last/0 last/1 length/0 limit/2 localtime/0 ltrim/0 ltrimstr/1 map/1 map_values/1 match/1 match/2 max/0',
    'max_by/1 min/0 min_by/1 mktime/0 modulemeta/0 nan/0 not/0 now/0 nth/1 nth/2 nulls/0 numbers/0 objects/0 path/1 paths/0',
    'paths/1 pick/1 pow/2 range/1 range/2 range/3 recurse/0 recurse/1 recurse/2 repeat/1 reverse/0 rindex/1 rtrim/0 rtrimstr/1',
    'scalars/0 scan/1 scan/2 select/1 setpath/2 skip/2 sort/0 sort_by/1 split/1 split/2 splits/1 splits/2 sqrt/0 startswith/1',
    'stderr/0 strflocaltime/1 strftime/1 strings/0 strptime/1 sub/2 sub/3 test/1 test/2 to_entries/0 toarray/0 toboolean/0',
    'todate/0 tojson/0 tonumber/0 tostream/0 tostring/0 transpose/0 trim/0 trimstr/1 truncate_stream/1 type/0 unique/0',
    'unique_by/1 until/2 utf8bytelength/0 values/0 walk/1 while/2 with_entries/1 splits/1 get_search_list/0 builtins/0',
  ]
  const missing = manual
    .join(' ')
    .split(' ')
    .filter((signature) => !builtins.includes(signature))
  expect(missing).toEqual([])
})
