/**
 * Functions in jq that expressions of a plan may call. Those that an expression mentions are put before it, so that a
 * plan needs nothing beside itself.
 */
const definitions: Readonly<Record<string, string>> = {
  table: 'def table: if type == "array" then . else error("This is not a table but of type \\(type).") end;',
  need: 'def need($c): if length == 0 or any(.[]; type == "object" and has($c)) then . else error("There is no column \\($c | tojson). There are: \\([.[] | objects | keys_unsorted[]] | unique | join(", ")).") end;',
  column:
    'def column($names): ([.[] | objects | keys_unsorted[]] | unique) as $there | first(($names[] | select(. as $name | $there | any(. == $name))), (if length == 0 then $names[0] else error("There is no column \\($names[0] | tojson). There are: \\($there | join(", ")).") end));',
  pluck:
    'def pluck($names): def fail: error("There is no field \\($names[0] | tojson)."); if type == "array" then ([.[] | objects | keys_unsorted[]] | unique) as $there | if length == 0 then [] else (first($names[] | select(. as $name | $there | any(. == $name))) // fail) as $key | map(.[$key]) end elif type == "object" then . as $record | (first($names[] | select(. as $name | $record | has($name))) // fail) as $key | .[$key] else fail end;',
  itself:
    'def itself: if type == "object" then error("It is not said which column this holds of.") else . end;',
  is_so:
    'def is_so($name): if type != "object" then . == $name elif has($name) | not then error("It is not said which column is to be \\($name | tojson).") elif .[$name] == null or (.[$name] | type) == "boolean" then .[$name] == true else error("The column \\($name | tojson) is not true or false.") end;',
  numeric:
    'def numeric: map(select(. != null) | if type == "number" then . else error("This is not a number: \\(tojson).") end);',
  known: 'def known: map(select(. != null));',
  mean: 'def mean: if length == 0 then null else add / length end;',
  middle:
    'def middle: sort | if length == 0 then null else (.[((length - 1) / 2) | floor] + .[(length / 2) | floor]) / 2 end;',
  lines:
    'def lines: split("\\n") | map(rtrimstr("\\r")) | if length > 0 and .[-1] == "" then .[:-1] else . end;',
  typed:
    'def typed: if . == "" then null elif . == "true" then true elif . == "false" then false elif test("^-?(0|[1-9][0-9]{0,14})([.][0-9]+)?([eE][-+]?[0-9]{1,3})?$") then tonumber else . end;',
  csv_rows:
    'def csv_rows($sep): [scan("(\\"(?:[^\\"]|\\"\\")*\\"|[^\\($sep)\\"\\r\\n]*)(\\($sep)|\\r?\\n|$)")] | reduce .[] as [$field, $end] ({rows: [], row: []}; if $field == "" and $end == "" and .row == [] then . else .row += [if $field | startswith("\\"") then $field[1:-1] | gsub("\\"\\""; "\\"") else $field | typed end] | if $end == $sep then . else .rows += [.row] | .row = [] end end) | .rows | map(select(. != [null])) | (.[0] // [] | map(tostring)) as $names | .[1:] | map([$names, .] | transpose | map(select(.[0] != null) | {(.[0]): .[1]}) | add // {});',
  cell: 'def cell($sep): if . == null then "" elif type == "string" then (if test("[\\"\\r\\n]") or contains($sep) then "\\"" + gsub("\\""; "\\"\\"") + "\\"" else . end) else tojson end;',
  csv_text:
    'def csv_text($sep): (if type == "array" then . else [.] end) | (map(if type == "object" then . else {value: .} end)) | ([.[] | keys_unsorted[]] | reduce .[] as $key ([]; if index($key) then . else . + [$key] end)) as $names | [$names, (.[] | [.[$names[]]])] | map(map(cell($sep)) | join($sep)) | map(. + "\\n") | join("");',
  plain_text:
    'def plain_text: if type == "array" then map(if type == "string" then . else tojson end + "\\n") | join("") elif type == "string" then . else tojson end;',
  pretty: 'def pretty: tojson + "\\n";',
}

/** The expression with the definitions before it that it needs. */
export function defined(expression: string): string {
  const needed = new Set<string>()
  const look = (text: string): void => {
    for (const [name, definition] of Object.entries(definitions)) {
      if (needed.has(name) || !new RegExp(`(?<![\\w.$"])${name}(?![\\w":])`).test(text)) continue
      needed.add(name)
      look(definition.slice(definition.indexOf(':')))
    }
  }
  look(expression.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""'))
  const before = Object.keys(definitions).filter((name) => needed.has(name))
  return [...before.map((name) => definitions[name]), expression].join(' ')
}
