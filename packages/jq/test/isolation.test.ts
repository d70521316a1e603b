/** Nothing of the host is reachable, and nothing of the caller's is changed. */
import { describe, expect, test } from 'vitest'
import { compile, type Json } from '../src/index.ts'
import { table } from './table.ts'

const names = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '__defineGetter__',
]

describe("names of the host's prototypes are plain keys", () => {
  for (const name of names) {
    const full = JSON.parse(`{"${name}": {"deep": 1}}`) as Json
    table([
      [`.${name}`, {}, null],
      [`.["${name}"], .[.k]`, { k: name }, null, null],
      [`has("${name}"), (keys | length)`, {}, false, 0],
      [`.${name}.deep`, full, 1],
      [`{${name}: 1} | .${name}, keys`, null, 1, [name]],
      [`{("${name}"): 1} | to_entries`, null, [{ key: name, value: 1 }]],
      [`.${name} = 5 | .${name}, length`, {}, 5, 1],
      [`.${name}.a.b |= 5 | tojson`, {}, `{"${name}":{"a":{"b":5}}}`],
      [`del(.${name}), has("${name}")`, full, {}, true],
      [`[paths]`, full, [[name], [name, 'deep']]],
      [
        `with_entries(.value = 1), map_values(2), (tojson | fromjson)`,
        full,
        JSON.parse(`{"${name}": 1}`),
        JSON.parse(`{"${name}": 2}`),
        full,
      ],
      [`reduce 1 as $x ({}; .["${name}"] += $x) | .${name}`, null, 1],
      [
        `. * {"${name}": {x: 1}} | .${name}, ({} + .  | .${name}), (. == .)`,
        full,
        { deep: 1, x: 1 },
        { deep: 1, x: 1 },
        true,
      ],
      [`[{key: "${name}", value: 1}] | from_entries | .${name}`, null, 1],
      [`INDEX("${name}") | keys`, [1], [name]],
      [`walk(.) | .${name}.deep`, full, 1],
      [`. as {${name}: $x} | $x`, full, { deep: 1 }],
    ])
  }
  table([
    ['"x" | try .length catch "no"', null, 'no'],
    ['[] | try .length catch "no"', null, 'no'],
    ['[1] | try .["0"] catch "no"', null, 'no'],
    ['[getpath(["constructor", "constructor"])?]', {}, [null]],
    ['"(?<constructor>a)" as $p | "a" | capture($p)', null, { constructor: 'a' }],
    ['@json, tostring', JSON.parse('{"__proto__":1}') as Json, '{"__proto__":1}', '{"__proto__":1}'],
  ])

  test('a variable named like a prototype property is looked up as its own', () => {
    const program = compile('$constructor', { variables: ['constructor', 'toString'] })
    expect(program.first(null, {})).toBeNull()
    expect(program.first(null, { constructor: 3 })).toBe(3)
  })

  test('a changed Object.prototype is not visible', () => {
    // oxlint-disable-next-line no-extend-native -- this is what a careless library does, and what must not show.
    Object.defineProperty(Object.prototype, 'polluted', { value: 'leak', configurable: true })
    try {
      expect(compile('[.polluted, .["polluted"], .a.polluted, has("polluted")]').first({ a: {} })).toEqual([
        null,
        null,
        null,
        false,
      ])
    } finally {
      Reflect.deleteProperty(Object.prototype, 'polluted')
    }
    expect(Object.keys({})).toEqual([])
    expect(({} as Record<string, unknown>)['a']).toBeUndefined()
  })
})

describe('objects without a prototype', () => {
  const bare = Object.assign(Object.create(null) as Record<string, Json>, {
    a: 1,
    list: [Object.create(null) as Json],
  })
  test('work like any other', () => {
    const program = compile('.a, (.b = 2 | .b), keys, (. + {c: 1} | length), (.list[0] | has("x")), tojson')
    expect([...program(bare)]).toEqual([1, 2, ['a', 'list'], 3, false, '{"a":1,"list":[{}]}'])
  })
})

test('inputs and variables are shared and never changed, copied or frozen', () => {
  const input = { list: [3, 1, 2], deep: { a: { b: 1 } } }
  const shared = { list: [3, 1, 2], deep: { a: { b: 1 } } }
  const before = JSON.stringify([input, shared])
  const programs = [
    '.list |= sort',
    '.deep.a.b = 2',
    'del(.list[0])',
    '.list + [4]',
    '.list[1] = 9',
    'walk(.)',
    '.. |= .',
    'to_entries',
    '. * {deep: {a: {c: 1}}}',
    '$v.list | sort, reverse, unique, flatten',
    '$v | .deep.a.b += 1',
    'reduce range(3) as $i ($v; .list += [$i] | .deep.a.b += 1)',
    '$v | with_entries(.value |= tojson)',
    'delpaths([["deep"]])',
    '$v | del(..)',
    '.list as [$a] | $a',
    '[$v, .] | add',
    '.list -= [1]',
    '.deep.a |= with_entries(.value += 1)',
  ]
  for (const source of programs) {
    const program = compile(source, { variables: ['v'] })
    program.first(input, { v: shared })
    expect([...program(input, { v: shared })].length).toBeGreaterThan(0)
    expect([source, JSON.stringify([input, shared])]).toEqual([source, before])
  }
  expect(Object.isFrozen(shared)).toBe(false)
  const same = compile('$v, $v.deep, .', { variables: ['v'] })
  const outputs = [...same(input, { v: shared })]
  expect(outputs[0]).toBe(shared)
  expect(outputs[1]).toBe(shared.deep)
  expect(outputs[2]).toBe(input)
})

test('literals of a program are not shared between its runs', () => {
  const program = compile('[[1], {a: [2]}] | .[0] += [3]')
  const first = program.first(null) as Json[]
  ;(first[0] as Json[]).push(99)
  expect(program.first(null)).toEqual([[1, 3], { a: [2] }])
})

test('the package asks the host for nothing that a strict content policy forbids', async () => {
  const { readdirSync, readFileSync } = await import('node:fs')
  const folder = new URL('../src/', import.meta.url)
  const sources = readdirSync(folder, { recursive: true })
    .map(String)
    .filter((name) => name.endsWith('.ts'))
  expect(sources.length).toBeGreaterThan(40)
  for (const name of sources) {
    const text = readFileSync(new URL(name, folder), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '')
    expect([name, /\beval\(|new Function|process\.|from 'node:|globalThis|Date\.now/.test(text)]).toEqual([
      name,
      false,
    ])
  }
})
