/** `import` and `include` through the caller's resolver. */
import { expect, test } from 'vitest'
import { compile, type ModuleRequest, type ModuleResolver } from '../src/index.ts'

const files: Readonly<Record<string, string>> = {
  math: 'def double: . * 2; def quad: double | double; def apply(f): f | f;',
  uses: 'import "math" as m; def eight: m::quad | m::double; def fac: if . <= 1 then 1 else . * (. - 1 | fac) end;',
  first: 'def name: "first"; def both: name;',
  second: 'def name: "second";',
  described:
    'module {name: "d", version: [1, {"a": null}]}; import "math" as m {search: "./x"}; include "first"; import "table" as $t; def f: 1; def f(x): 2; def g: 3;',
  wrong: 'def f: $nobody;',
  program: 'def f: 1; f',
  loop: 'import "loop" as l; def f: 1;',
}

const modules: ModuleResolver = ({ path, isData }) => {
  if (isData) return path === 'table' ? { id: 'table.json', data: [{ rows: [1, 2] }] } : undefined
  const source = files[path]
  return source === undefined ? undefined : { id: `${path}.jq`, source }
}
const first = (source: string, input: number | null = null) => compile(source, { modules }).first(input)

test('imported functions are called by the name that the import gives', () => {
  expect(first('import "math" as m; m::double', 4)).toBe(8)
  expect(first('import "math" as m; m::apply(. + 1)', 4)).toBe(6)
  expect(first('import "uses" as u; [u::eight, u::fac]', 3)).toEqual([24, 6])
})

test('included functions are called by their own names', () => {
  expect(first('include "math"; quad', 1)).toBe(4)
  expect(first('include "first"; include "second"; [name, both]')).toEqual(['second', 'first'])
  expect(first('include "math"; def double: "mine"; [double, quad]', 1)).toEqual(['mine', 4])
})

test('data is bound to a variable', () => {
  expect(first('import "table" as $t; $t[0].rows, $t::t')).toEqual([1, 2])
  expect(first('import "table" as $t; $t::t[0].rows[1]')).toBe(2)
})

test('the resolver is told what is asked for, how, and by whom', () => {
  const asked: ModuleRequest[] = []
  const spy: ModuleResolver = (request) => {
    asked.push(request)
    return modules(request)
  }
  compile('import "uses" as u {search: "./lib"}; import "table" as $t; 1', { modules: spy })
  expect(asked).toEqual([
    { path: 'uses', isData: false, metadata: { search: './lib' }, from: undefined },
    { path: 'math', isData: false, metadata: undefined, from: 'uses.jq' },
    { path: 'table', isData: true, metadata: undefined, from: undefined },
  ])
})

test('modulemeta tells what a module consists of', () => {
  expect(compile('modulemeta', { modules }).first('described')).toEqual({
    name: 'd',
    version: [1, { a: null }],
    deps: [
      { search: './x', as: 'm', is_data: false, relpath: 'math' },
      { is_data: false, relpath: 'first' },
      { as: 't', is_data: true, relpath: 'table' },
    ],
    defs: ['f/0', 'f/1', 'g/0'],
  })
  expect(() => compile('modulemeta', { modules }).first('nosuch')).toThrow('module not found: nosuch')
  expect(() => compile('modulemeta', { modules }).first(1)).toThrow('must be a string')
})

test('what is wrong with modules is an error of the program', () => {
  expect(() => first('import "nosuch" as m; 1')).toThrow('module not found: nosuch')
  expect(() => first('import "wrong" as m; 1')).toThrow(
    '$nobody is not defined at wrong.jq, line 1, column 8',
  )
  expect(() => first('import "program" as m; 1')).toThrow('should only have function definitions')
  expect(() => first('import "loop" as m; 1')).toThrow('module cycle through loop.jq')
  expect(() => first('import "math" as m; m::nosuch')).toThrow('m::nosuch/0 is not defined')
  expect(() => first('import "math" as m; double')).toThrow('double/0 is not defined')
  expect(() => compile('import "math" as m; 1')).toThrow('module not found: math')
})
