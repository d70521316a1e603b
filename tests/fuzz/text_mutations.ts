/** Changes of a document as the text that somebody types: characters, lines, anchors. */
import * as fc from 'fast-check'
import { nth, type Change } from './change.ts'

const junk = fc.oneof(
  fc.constantFrom(
    '"',
    "'",
    '{',
    '}',
    '[',
    ']',
    ': ',
    '- ',
    '\n',
    '\t',
    '#',
    ',',
    '!',
    '|\n',
    '>\n',
    '\0',
    '\r',
    '%',
  ),
  fc.constantFrom(
    '&a ',
    '*a',
    '<<: *a',
    '!!str ',
    '---\n',
    '...\n',
    '? ',
    '\uFEFF',
    '\uD800',
    '${',
    ' }',
    '\u0085',
  ),
  fc.string({ maxLength: 5 }),
)

type TextChange = fc.Arbitrary<Change<string>>

const typing: TextChange = fc
  .record({ at: fc.double({ min: 0, max: 1, noNaN: true }), removed: fc.nat({ max: 12 }), added: junk })
  .map(({ at, removed, added }) => ({
    what: `type ${JSON.stringify(added)} over ${removed}`,
    make: (text) => {
      const place = Math.floor(at * text.length)
      return text.slice(0, place) + added + text.slice(place + removed)
    },
  }))

const byLine: TextChange = fc
  .record({
    at: fc.nat(),
    from: fc.nat(),
    how: fc.constantFrom('indent', 'dedent', 'drop', 'double', 'move', 'cut'),
  })
  .map(({ at, from, how }) => ({
    what: `${how} a line`,
    make: (text) => changeLine(text, { at, from, how }),
  }))

function changeLine(text: string, { at, from, how }: { at: number; from: number; how: string }): string {
  const lines = text.split('\n')
  const index = at % lines.length
  const line = lines[index] ?? ''
  if (how === 'cut') return lines.slice(0, index).join('\n')
  const changed: Readonly<Record<string, readonly string[]>> = {
    indent: [`  ${line}`],
    dedent: [line.replace(/^ {1,2}/, '')],
    double: [line, line],
    move: [line, lines[from % lines.length] ?? ''],
  }
  return lines.toSpliced(index, 1, ...(changed[how] ?? [])).join('\n')
}

/** A value gets an anchor, and another place takes it from there; also one that holds it. */
const anchoring: TextChange = fc
  .record({ at: fc.nat(), to: fc.nat(), merges: fc.boolean() })
  .map(({ at, to, merges }) => ({
    what: 'anchor',
    make: (text) => {
      const anchored = replaceNth(text, /: (?=\S)/g, at, ': &a ')
      return replaceNth(anchored, merges ? /\{ /g : /: [^\s,{}[\]]+/g, to, merges ? '{ <<: *a, ' : ': *a')
    },
  }))

function replaceNth(text: string, pattern: RegExp, number: number, by: string): string {
  const match = nth([...text.matchAll(pattern)], number)
  return match ? text.slice(0, match.index) + by + text.slice(match.index + match[0].length) : text
}

/** Anchors that stand for ever more values: a short text that is a document of millions. */
const multiplying: TextChange = fc.integer({ min: 1, max: 12 }).map((levels) => ({
  what: `multiply by ten, ${levels} times`,
  make: (text) => {
    const level = (index: number): string => `l${index}: &l${index} [${`*l${index - 1}, `.repeat(10)}]`
    const anchors = Array.from({ length: levels }, (_, index) => level(index + 1))
    return text.replace(/^do:\n/m, `do:\n  - many: { set: { l0: &l0 [1], ${anchors.join(', ')} } }\n`)
  },
}))

export const textChange = fc.oneof(
  { weight: 12, arbitrary: typing },
  { weight: 6, arbitrary: byLine },
  { weight: 3, arbitrary: anchoring },
  { weight: 1, arbitrary: multiplying },
)
