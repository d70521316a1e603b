/**
 * The builtins that take filters, in jq. Those that also have a native loop are used in this form where the loop
 * cannot be: in path expressions, over recursive functions, and where outputs are asked for one at a time.
 */
export const preludeText = String.raw`
def map(f): [.[] | f];
def select(f): if f then . else empty end;
def map_values(f): .[] |= f;
def del(f): delpaths([path(f)]);
def with_entries(f): _to_entries | [.[] | f] | from_entries;
def error(f): f | error;
def halt_error: halt_error(5);
def add(f): reduce f as $x (null; . + $x);
def _assign(paths; $value): reduce path(paths) as $path (.; setpath($path; $value));
def _modify_each(paths; f):
  reduce path(paths) as $path ([., []];
    . as [$document, $gone]
    | [first($document | getpath($path) | f)]
    | if length == 0 then [$document, $gone + [$path]] else .[0] as $new | [($document | setpath($path; $new)), $gone] end)
  | . as [$document, $gone] | $document | delpaths($gone);

def recurse(f): def again: ., (f | again); again;
def recurse(f; condition): def again: ., (f | select(condition) | again); again;
def recurse: recurse(.[]?);
def walk(f): def down: (if type == "object" then .[] |= down elif type == "array" then [.[] | down] else . end) | f; down;
def while(condition; f): def again: if condition then ., (f | again) else empty end; again;
def until(condition; f): def again: if condition then . else f | again end; again;
def repeat(f): def again: f, again; again;

def range($end): range(0; $end);
def range($start; $end): if ($start | type) != "number" or ($end | type) != "number" then error("Range bounds must be numeric")
  else $start | while(. < $end; . + 1) end;
def range($start; $end; $step):
  if $step > 0 then $start | while(. < $end; . + $step)
  elif $step < 0 then $start | while(. > $end; . + $step)
  else empty end;
def limit($count; f):
  if $count > 0 then label $done | foreach f as $item (0; . + 1; $item, if . >= $count then break $done else empty end)
  elif $count == 0 then empty
  else error("limit doesn't support negative count") end;
def skip($count; f):
  if $count > 0 then foreach f as $item (0; . + 1; if . > $count then $item else empty end)
  elif $count == 0 then f
  else error("skip doesn't support negative count") end;
def nth($index): .[$index];
def nth($index; f):
  if $index < 0 then error("nth doesn't support negative indices") else first(skip($index; f)) end;
def first: .[0];
def last: .[-1];
def last(f): reduce f as $x ([]; [$x]) | .[];
def isempty(f): first((f | false), true);
def any(f; condition): isempty(first(f | condition | select(.))) | not;
def all(f; condition): isempty(first(f | condition | select(. | not)));
def any(condition): any(.[]; condition);
def all(condition): all(.[]; condition);
def any: any(.[]; .);
def all: all(.[]; .);
def in(f): . as $key | f | has($key);
def inside(f): . as $part | f | contains($part);
def combinations: if length == 0 then [] else .[0][] as $head | (.[1:] | combinations) as $tail | [$head] + $tail end;
def combinations(n): . as $set | [range(n) | $set] | combinations;
def inputs: try repeat(input) catch if . == "break" then empty else error end;

def paths: path(..) | select(length > 0);
def paths(condition): path(.. | select(condition)) | select(length > 0);
def pick(f): . as $document | reduce path(f) as $path (null; setpath($path; $document | getpath($path)));
def tostream: path(def down: (.[]? | down), .; down) as $path
  | getpath($path) | reduce path(.[]?) as $child ([$path, .]; [$path + $child]);
def fromstream(f): {value: null, done: false} as $empty
  | foreach f as $event ($empty;
      if .done then $empty else . end
      | if $event | length == 2
        then setpath(["done"]; $event[0] | length == 0) | setpath(["value"] + $event[0]; $event[1])
        else setpath(["done"]; $event[0] | length == 1) end;
      if .done then .value else empty end);
def truncate_stream(f): . as $depth | null | f | select(.[0] | length > $depth) | .[0] |= .[$depth:];

def sort_by(f): _sort_by([.[] | [f]]);
def group_by(f): _group_by([.[] | [f]]);
def unique_by(f): _unique_by([.[] | [f]]);
def min_by(f): _min_by([.[] | [f]]);
def max_by(f): _max_by([.[] | [f]]);
def INDEX(f; key): reduce f as $row ({}; .[$row | key | tostring] = $row);
def INDEX(key): INDEX(.[]; key);
def IN(f): any(f == .; .);
def IN(source; f): any(source == f; .);
def JOIN($index; key): [.[] | [., $index[key]]];
def JOIN($index; f; key): f | [., $index[key]];
def JOIN($index; f; key; join): f | [., $index[key]] | join;
def ascii: [.] | implode;
def debug(messages): (messages | debug | empty), .;

def match(pattern): _match(pattern) | .[];
def match(pattern; flags): _match(pattern; flags) | .[];
def capture(pattern): match(pattern) | _captured;
def capture(pattern; flags): match(pattern; flags) | _captured;
def scan($pattern): scan($pattern; null);
def scan($pattern; $flags): _scan($pattern; $flags) | .[];
def splits($pattern): split($pattern; null) | .[];
def splits($pattern; $flags): split($pattern; $flags) | .[];
def sub($pattern; f): sub($pattern; f; "");
def sub($pattern; f; $flags):
  _match($pattern; $flags) as $edits
  | if $edits == [] then . else _substitute($edits; [$edits[] | [_captured | f]]) | .[] end;
def gsub($pattern; f): sub($pattern; f; "g");
def gsub($pattern; f; $flags): sub($pattern; f; $flags + "g");
def todate: strftime("%Y-%m-%dT%H:%M:%SZ");
def todateiso8601: todate;
def fromdateiso8601: strptime("%Y-%m-%dT%H:%M:%SZ") | mktime;
def fromdate: fromdateiso8601;
def date: todate;
def dateadd(unit; n): . + n;
def datesub(unit; n): . - n;
`
