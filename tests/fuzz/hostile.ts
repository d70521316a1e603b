/**
 * What mutations put into documents: names, numbers, texts, durations and expressions that have hurt programs before.
 * All are bounded in size, and none names an address outside or does harm in a shell. A regular expression that never
 * ends is not among them: one that has begun cannot be stopped.
 */

/** Texts that stand apart by two spaces or more. */
const each = (text: string): readonly string[] => text.trim().split(/\s{2,}/)
const quoted = (text: string): string => JSON.stringify(text)
const wrapped = (expression: string): string => quoted(`\${ ${expression} }`)
const times = (text: string, count: number): string => text.repeat(count)

/** Names of members. */
export const names: readonly string[] = each(String.raw`
  __proto__  constructor  prototype  toString  hasOwnProperty  length  <<  ~  0  a/b  a~1b  $ref  $schema  null  true
  -  .  é  ${'${ .n }'}
`).concat(['', ' ', 'e\u0301', '\u{1F600}', '\u202E', times('n', 3000)])

/** What makes a task one. */
export const taskWords = each('do  set  for  fork  switch  try  raise  wait  emit  listen  call  run')

/** Words of the language, for members that stand where they do not belong. */
export const words: readonly string[] = taskWords.concat(
  each(`
    if  then  while  with  input  output  export  timeout  metadata  use  schedule  when  exceptWhen  catch  retry
    errors  as  in  each  at  one  any  all  until  read  foreach  correlate  from  schema  document  after  before
    extend  await  return  delay  limit  attempt  count  backoff  jitter  compete  branches  error  event  functions
    secrets  retries  timeouts  extensions  concurrency  join  type  status
  `),
)

export const numbers = each(`
  0  -1  -0  0.5  1e-7  1e308  1e309  -1e400  9007199254740993  99999999999999999999999  2147483648  4294967296
  .nan  .inf  -.inf  NaN  Infinity  0x1F  0o17  1_000  "5"
`)

/** Values of every type and of none. */
export const values: readonly string[] = each(`
  null  true  false  {}  []  ""  [null]  {"": null}  [[]]  {"a": {"a": {"a": {}}}}  ~  2001-12-14t21:59:43.10-05:00
  !!binary aGVsbG8=  !!set {a: null}  !custom 5  *nowhere  {"__proto__": {"polluted": true}}
  {"constructor": {"prototype": {"polluted": true}}}
`).concat([
  times('[', 150) + times(']', 150),
  times('[', 400) + times(']', 400),
  `${times('{"a": ', 190)}1${times('}', 190)}`,
  `[${times('0, ', 3000)}0]`,
  quoted(times('long ', 4000)),
  ...['\0', '\uD800', 'line\nline', '\u2028'].map(quoted),
])

export const durations: readonly string[] = each(`
  "PT0S"  "P0D"  "P100Y"  "P1Y2M3W4DT5H6M7.5S"  "PT0.0001S"  "PT99999999999999999999S"  "-PT5S"  "PT"  "P"  "PT1H"
  "pt5s"  "PT5"  "5s"  "P1S"  ""  0  -5  {}  {"seconds": 0}  {"days": 1e9}  {"days": 1e308}  {"hours": 876000}  null
  {"milliseconds": -1}  {"seconds": 1.5}  {"minutes": 99999999999999999999}  {"years": 1}  "PT1S"  {"days": 1}  .nan
`).concat(each('null  {days: 5}  "PT0S"  -1  []  {}  "P9999Y"').map(wrapped))

/** Expressions that end soon, whatever they give. */
const expressions: readonly string[] = each(String.raw`
  .  null  false  empty  1, 2  error  error(null)  error({a: 1})  halt  halt_error  input  nan  infinite  -infinite
  [nan]  1e1000  . / 0  1 % 0  [limit(-1; 1, 2)]  now  env  $ENV  $nowhere  $context  $input  $output  $task
  $workflow  $runtime  $secrets  $item  $error  .["__proto__"]  {"__proto__": {"x": 1}}  .__proto__.x = 1
  setpath(["__proto__", "x"]; 1)  getpath(["constructor", "prototype"])  setpath(["constructor", "name"]; 1)
  .constructor  to_entries  ..  [paths]  tojson  tojson | fromjson  @json  @base64d  @sh  @uri  ltrimstr(1)  keys
  . as [$a] ?// $a | $a  try error("x") catch .  label $out | break $out  "\(1; 2)"  if . then  .[  .a.
  [range(3000)]  [range(300) | {(tostring): .}] | add  "x" * 30000  reduce range(2000) as $i (null; [.])
  reduce range(20000) as $i (null; [.])  .[-1e9] = 1  .[1e9] = 1  "\u0000"  "\ud800"  [.[]?] | sort  ltrimstr("x")
  splits("a"; "g")  test("[")  strptime("%Y")  mktime  todate  implode  [-1] | implode  getpath(["a", 0, "b"])
  del(..)  path(..)  with_entries(.value += 1)  limit(3; repeat(.))  $__loc__  include "a"; .  import "a" as a; .
  input_filename  get_search_list  debug  stderr  @text "\(.)"  significand  ascii  splits("x")  tojson | length
  infinite | floor  [infinite] | .[0] | tostring  -0
`).concat([
  times('(', 3000) + times(')', 3000),
  times('.a', 1000),
  `1${times(' + 1', 3000)}`,
  times('[', 1500) + times(']', 1500),
  times('. | ', 3000),
  `"${times('\\(1)', 1500)}"`,
])

/** Expressions that would go on for ever, or fill the memory, were they not stopped; each may take a second or two. */
const heavyExpressions = each(String.raw`
  [range(1e9)]  [repeat(.)]  last(range(1e12))  def f: f; f  def f: [f]; f  def f: f, f; first(f)  "x" * 1e9
  until(false; .)  reduce range(1e8) as $i (""; . + "xxxxxxxxxx")  [recurse(.; true)]  [range(3e5)]
  reduce range(30) as $i ([1]; . + .)  [range(4e5)] | map([range(20)])  reduce range(28) as $i ("x"; . + .)
  [range(2e5)] | combinations(9)  reduce range(1e6) as $i ({}; .[$i | tostring] = $i)
`)

export const wrappedExpressions = expressions.map(wrapped)
export const bareExpressions = expressions.map(quoted)
export const wrappedHeavy = heavyExpressions.map(wrapped)
