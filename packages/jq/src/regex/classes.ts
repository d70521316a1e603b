/** Character types, properties and bracketed classes, nested and intersected. Unicode-aware, as jq's are. */
import type { PatternScanner } from './scanner.ts'
import { literal, PatternError } from './translate.ts'

export const WORD = String.raw`[\p{L}\p{M}\p{N}\p{Pc}]`

const TYPES: Readonly<Record<string, string>> = {
  d: String.raw`\p{Nd}`,
  D: String.raw`\P{Nd}`,
  s: String.raw`\p{White_Space}`,
  S: String.raw`\P{White_Space}`,
  w: WORD,
  W: String.raw`[^\p{L}\p{M}\p{N}\p{Pc}]`,
  h: '[0-9a-fA-F]',
  H: '[^0-9a-fA-F]',
}

const NAMED: Readonly<Record<string, string>> = {
  alnum: String.raw`\p{Alphabetic}\p{Nd}`,
  alpha: String.raw`\p{Alphabetic}`,
  ascii: String.raw`\u{0}-\u{7f}`,
  blank: String.raw`\p{Zs}\t`,
  cntrl: String.raw`\p{Cc}`,
  digit: String.raw`\p{Nd}`,
  graph: String.raw`[[^\p{White_Space}]--[\p{Cc}\p{Cn}\p{Cs}]]`,
  lower: String.raw`\p{Lowercase}`,
  print: String.raw`[[[^\p{White_Space}]--[\p{Cc}\p{Cn}\p{Cs}]]\p{Zs}]`,
  punct: String.raw`\p{P}\u{24}\u{2b}\u{3c}-\u{3e}\u{5e}\u{60}\u{7c}\u{7e}`,
  space: String.raw`\p{White_Space}`,
  upper: String.raw`\p{Uppercase}`,
  word: WORD,
  xdigit: '0-9a-fA-F',
  any: String.raw`\s\S`,
}

export function classEscape(letter: string): string | undefined {
  return TYPES[letter]
}

/** `\p{…}` or `\P{…}`, with an optional caret; the backslash has been taken. */
export function property(scanner: PatternScanner): string {
  const match = scanner.match(/([pP])\{(\^?)([^}]*)\}/y)
  if (match === undefined) throw new PatternError('invalid character property name {p}')
  const negated = (match[1] === 'P') !== (match[2] === '^')
  return named(match[3] ?? '', negated)
}

function named(name: string, negated: boolean): string {
  const known = NAMED[name.toLowerCase().replaceAll(/[\s_-]/g, '')]
  if (known !== undefined) return `[${negated ? '^' : ''}${known}]`
  for (const candidate of [name, `Script=${name}`, capitalized(name), `Script=${capitalized(name)}`]) {
    if (isProperty(candidate)) return `\\${negated ? 'P' : 'p'}{${candidate}}`
  }
  throw new PatternError(`invalid character property name {${name}}`)
}

function capitalized(name: string): string {
  return name
    .split(/[\s_-]+/)
    .map((word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase())
    .join('_')
}

function isProperty(name: string): boolean {
  try {
    return new RegExp(`\\p{${name}}`, 'v').unicodeSets
  } catch {
    return false
  }
}

/** The inside of brackets; the opening one has been taken. */
export function parseClass(scanner: PatternScanner): string {
  const negated = scanner.take('^')
  const operands: string[] = []
  let members = ''
  let isFirst = true
  for (;;) {
    if (scanner.atEnd()) throw new PatternError('premature end of char-class')
    if (!isFirst && scanner.take(']')) break
    if (scanner.take('&&')) {
      operands.push(members)
      members = ''
    } else members += member(scanner)
    isFirst = false
  }
  operands.push(members)
  const sets = operands.map((operand) => `[${operand}]`)
  const [only = '[]'] = sets
  if (sets.length === 1) return negated ? `[^${only.slice(1)}` : only
  return `[${negated ? '^' : ''}${sets.join('&&')}]`
}

function member(scanner: PatternScanner): string {
  const posix = scanner.match(/\[:(\^?)(\w+):\]/y)
  if (posix !== undefined) return named(posix[2] ?? '', posix[1] === '^')
  if (scanner.take('[')) return parseClass(scanner)
  const start = single(scanner)
  if (start.length !== 1 && !start.startsWith('\\u{')) return start
  if (!scanner.lookingAt(/-[^\]]/y) || scanner.lookingAt(/-\[/y)) return start
  scanner.next()
  const end = single(scanner)
  if (end.length !== 1 && !end.startsWith('\\u{')) return `${start}${literal('-')}${end}`
  return `${start}-${end}`
}

/** One character, or the class that an escape stands for. */
function single(scanner: PatternScanner): string {
  if (!scanner.take('\\')) return literal(scanner.next())
  const letter = scanner.peek()
  if (letter === 'p' || letter === 'P') return property(scanner)
  const type = TYPES[letter]
  if (type !== undefined) {
    scanner.next()
    return type
  }
  if (letter === 'b') {
    scanner.next()
    return literal('\b')
  }
  return literal(scanner.escapedCharacter())
}
