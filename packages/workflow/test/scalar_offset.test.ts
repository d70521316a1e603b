/** Places inside a text value are places in the file, however YAML writes the text. */
import { expect, test } from 'vitest'
import { isScalar, parseDocument, type Scalar } from 'yaml'
import { sourceOffset } from '../src/source/scalar_offset.ts'

const scalars: readonly (readonly [style: string, source: string])[] = [
  ['plain', 'a:  .pets | map(.name)  # all of them\n'],
  ['plain over several lines', 'a:\n  .pets\n    | map(.name)\n\n    | sort\n'],
  ['single quotes', "a: '.pets | map(.name)'\n"],
  ['single quotes with a quote', "a: 'x''y''''z | .b'\n"],
  ['single quotes over several lines', "a: '.pets\n   | .x\n\n   | .y'\n"],
  ['double quotes', 'a: ".pets | map(.name)"\n'],
  ['double quotes with escapes', String.raw`a: "\"x\" + \u0041 + \x42 | .c \\ \t .d"` + '\n'],
  ['double quotes over several lines', 'a: ".pets \\\n    | .x\n    | .y"\n'],
  ['a literal block', 'a: |\n  .pets\n  | map(\n      .name\n    )\n'],
  ['a literal block that begins with an empty line', 'a: |-\n\n    .pets\n    | .x\n'],
  ['a folded block', 'a: >\n  .pets\n  | .x\n\n  | .y\n     more indented\n  | .z\n'],
  ['a text in JSON', '{"a": "${ .pets | map(.name) }"}'],
]

test.each(scalars)('in %s', (_style, source) => {
  const node = parseDocument(source).get('a', true)
  if (!isScalar(node) || typeof node.value !== 'string') throw new Error('the sample is a text')
  const scalar = node as Scalar<string>
  let compared = 0
  for (const [index, unit] of scalar.value.split('').entries()) {
    const offset = sourceOffset(source, scalar, index)
    if (offset === undefined) throw new Error(`no offset for ${index}`)
    if (/\s/.test(unit) || source[offset] === '\\') continue
    expect(source[offset]).toBe(unit)
    compared++
  }
  expect(compared).toBeGreaterThan(5)
})

test('a block whose indentation is given by its author is not told', () => {
  const source = 'a: |2\n    .pets\n'
  const node = parseDocument(source).get('a', true)
  if (!isScalar(node)) throw new Error('the sample is a text')
  expect(sourceOffset(source, node as Scalar<string>, 3)).toBeUndefined()
})
