/**
 * Oniguruma's regular expressions (in the Perl syntax that jq uses) as JavaScript's, with the `v` flag.
 *
 * Every literal is written as a codepoint escape, so nothing is special by accident. Character types, boundaries and
 * anchors are written out, since JavaScript's mean something else. Atomic groups and possessive quantifiers become a
 * captured lookahead and a reference to it. What JavaScript cannot do is refused with its name.
 */
import { PatternScanner } from './scanner.ts'
import { classEscape, parseClass, property, WORD } from './classes.ts'

export class PatternError extends Error {}

export interface Translation {
  readonly source: string
  /** JavaScript's group number and the name of each group that the pattern itself has. */
  readonly groups: readonly { readonly index: number; readonly name: string | undefined }[]
}

interface Options {
  ignoreCase: boolean
  dotAll: boolean
  multiline: boolean
  extended: boolean
}

const START = String.raw`(?<![\s\S])`
const END = String.raw`(?![\s\S])`
const BOUNDARY = `(?:(?<=${WORD})(?!${WORD})|(?<!${WORD})(?=${WORD}))`
const NO_BOUNDARY = `(?:(?<=${WORD})(?=${WORD})|(?<!${WORD})(?!${WORD}))`
const GROUPS_MAX = 1000

const ASSERTIONS: Readonly<Record<string, string>> = {
  A: START,
  z: END,
  Z: String.raw`(?=\n?${END})`,
  b: BOUNDARY,
  B: NO_BOUNDARY,
  R: String.raw`(?:\r\n|[\n-\r\u0085\u2028\u2029])`,
  N: String.raw`[^\n]`,
  O: String.raw`[\s\S]`,
}
const UNSUPPORTED: Readonly<Record<string, string>> = {
  G: 'the search start anchor \\G',
  K: 'keeping out with \\K',
  X: 'grapheme clusters with \\X',
  y: 'text boundaries with \\y',
  Y: 'text boundaries with \\Y',
  g: 'subexpression calls with \\g',
}

/** `groupsBefore` counts the groups that the caller puts in front of the result. */
export function translate(
  pattern: string,
  options: { extended: boolean; dotAll: boolean; ignoreCase: boolean; groupsBefore: number },
): Translation {
  const { groupsBefore, ...flags } = options
  return new Translator(pattern, { multiline: false, ...flags }, groupsBefore).translate()
}

type Piece = string | { backreference: number }

class Translator {
  readonly #scanner: PatternScanner
  readonly #groups: { index: number; name: string | undefined }[] = []
  #captures: number
  #nesting = 0
  #options: Options

  constructor(pattern: string, options: Options, groupsBefore: number) {
    this.#captures = groupsBefore
    this.#scanner = new PatternScanner(pattern)
    this.#options = options
  }

  translate(): Translation {
    const pieces = this.#alternatives()
    if (!this.#scanner.atEnd()) this.#fail('unmatched close parenthesis')
    return { source: pieces.map((piece) => this.#text(piece)).join(''), groups: this.#groups }
  }

  #text(piece: Piece): string {
    if (typeof piece === 'string') return piece
    const group = this.#groups[piece.backreference - 1]
    return group === undefined ? this.#fail('invalid backref number/name') : `(?:\\${group.index})`
  }

  #alternatives(): Piece[] {
    if (++this.#nesting > GROUPS_MAX) this.#fail('groups are nested too deeply')
    const saved = { ...this.#options }
    const pieces: Piece[] = []
    let toClose = 0
    while (!this.#scanner.atEnd() && this.#scanner.peek() !== ')') {
      if (this.#scanner.take('|')) pieces.push('|')
      else if (this.#scanner.lookingAt(/\(\?[imsx-]+\)/y)) {
        // The rest of this group, further alternatives included, is inside of the option.
        const opened = this.#optionStart()
        pieces.push(opened)
        toClose++
      } else pieces.push(...this.#quantified())
    }
    pieces.push(')'.repeat(toClose))
    this.#options = saved
    this.#nesting--
    return pieces
  }

  #optionStart(): string {
    const letters = this.#scanner.match(/\(\?([imsx-]+)[:)]/y)
    const [on = '', off = ''] = (letters?.[1] ?? '').split('-')
    const before = this.#options.ignoreCase
    for (const [enabled, names] of [
      [true, on],
      [false, off],
    ] as const) {
      for (const name of names) this.#setOption(name, enabled)
    }
    if (before === this.#options.ignoreCase) return '(?:'
    return before ? '(?-i:' : '(?i:'
  }

  #setOption(name: string, enabled: boolean): void {
    if (name === 'i') this.#options = { ...this.#options, ignoreCase: enabled }
    else if (name === 's') this.#options = { ...this.#options, dotAll: enabled }
    else if (name === 'm') this.#options = { ...this.#options, multiline: enabled }
    else this.#options = { ...this.#options, extended: enabled }
  }

  #quantified(): Piece[] {
    const before = this.#captures
    let atom = this.#atom()
    if (atom === undefined) return []
    for (;;) {
      this.#skipBlank()
      const quantifier = this.#scanner.match(/[*+?]|\{(?:\d+(?:,\d*)?|,\d+)\}/y)?.[0]
      if (quantifier === undefined) return atom
      const count = quantifier.startsWith('{,') ? `{0${quantifier.slice(1)}` : quantifier
      if (count === '?' && this.#captures > before) {
        // A group that matches nothing has matched here, and has not in JavaScript, unless it is an alternative.
        if (this.#scanner.take('?')) atom = around('(?:|', atom, ')')
        else if (this.#scanner.take('+')) atom = this.#possessive(around('(?:', atom, '|)'), before)
        else atom = around('(?:', atom, '|)')
        continue
      }
      const repeated = around('(?:', atom, `)${count}`)
      if (this.#scanner.take('?')) atom = around('', repeated, '?')
      else if (this.#scanner.take('+')) atom = this.#possessive(repeated, before)
      else atom = repeated
    }
  }

  /** What matched once is not given back: a lookahead captures it and a reference repeats it. */
  #atomic(pieces: Piece[], capture: number): Piece[] {
    return [`(?:(?=(?<atomic${capture}>`, ...pieces, `))\\k<atomic${capture}>)`]
  }

  /** The group that makes it atomic opens before the groups inside, so those move up by one. */
  #possessive(pieces: Piece[], before: number): Piece[] {
    for (const group of this.#groups) if (group.index > before) group.index++
    this.#captures++
    return this.#atomic(pieces, this.#captures)
  }

  #skipBlank(): void {
    while (this.#options.extended && this.#scanner.match(/\s+|#[^\n]*\n?/y) !== undefined) continue
    while (this.#scanner.match(/\(\?#[^)]*\)/y) !== undefined) continue
  }

  #atom(): Piece[] | undefined {
    this.#skipBlank()
    if (this.#scanner.atEnd() || ')|'.includes(this.#scanner.peek())) return undefined
    if (this.#scanner.lookingAt(/\(\?[imsx-]+\)/y)) return undefined
    const character = this.#scanner.next()
    switch (character) {
      case '(':
        return this.#group()
      case '[':
        return [parseClass(this.#scanner)]
      case '.':
        return [this.#options.dotAll ? String.raw`[\s\S]` : String.raw`[^\n]`]
      case '^':
        return [this.#options.multiline ? String.raw`(?<![^\n])` : START]
      case '$':
        return [this.#options.multiline ? String.raw`(?=\n|${END})` : String.raw`(?=\n?${END})`]
      case '\\':
        return this.#escape()
      case '*':
      case '+':
      case '?':
        return this.#fail('target of repeat operator is not specified')
      default:
        return [literal(character)]
    }
  }

  #escape(): Piece[] {
    if (this.#scanner.atEnd()) return this.#fail('end pattern at escape')
    const quoted = this.#scanner.match(/Q([\s\S]*?)(?:\\E|$)/y)
    if (quoted !== undefined) return [Array.from(quoted[1] ?? '', literal).join('') || '(?:)']
    const named = this.#scanner.match(/k(?:<([^>]+)>|'([^']+)')/y)
    if (named !== undefined) return this.#reference(named[1] ?? named[2] ?? '')
    const numbered = this.#scanner.match(/[1-9]\d?/y)
    if (numbered !== undefined) return [{ backreference: Number(numbered[0]) }]
    const letter = this.#scanner.peek()
    const unsupported = UNSUPPORTED[letter]
    if (unsupported !== undefined) this.#fail(`${unsupported} cannot be expressed in JavaScript`)
    const assertion = ASSERTIONS[letter]
    if (assertion !== undefined) {
      this.#scanner.next()
      return [assertion]
    }
    if (letter === 'p' || letter === 'P') return [property(this.#scanner)]
    const type = classEscape(letter)
    if (type !== undefined) {
      this.#scanner.next()
      return [type]
    }
    return [literal(this.#scanner.escapedCharacter())]
  }

  #reference(name: string): Piece[] {
    if (/^\d+$/.test(name)) return [{ backreference: Number(name) }]
    if (/^-\d+$/.test(name)) return [{ backreference: this.#groups.length + 1 + Number(name) }]
    const number = this.#groups.findLastIndex((group) => group.name === name) + 1
    return number > 0 ? [{ backreference: number }] : this.#fail(`undefined name <${name}> reference`)
  }

  #group(): Piece[] {
    const name = this.#scanner.match(/\?(?:P?<(?![=!])([^>]*)>|'([^']*)')/y)
    if (name !== undefined) return this.#capture(name[1] ?? name[2] ?? '')
    if (!this.#scanner.take('?')) return this.#capture(undefined)
    const plain = this.#scanner.match(/:|<?[=!]/y)?.[0]
    if (plain !== undefined) return [`(?${plain}`, ...this.#inside(), ')']
    if (this.#scanner.take('>')) {
      const capture = ++this.#captures
      return this.#atomic(this.#inside(), capture)
    }
    if (this.#scanner.lookingAt(/[imsx-]+:/y)) return this.#optionGroup()
    if (this.#scanner.peek() === '(') this.#fail('conditionals cannot be expressed in JavaScript')
    if (this.#scanner.peek() === '~') this.#fail('absent groups cannot be expressed in JavaScript')
    return this.#fail('undefined group option')
  }

  #optionGroup(): Piece[] {
    const saved = { ...this.#options }
    this.#scanner.back(2)
    const opened = this.#optionStart()
    const pieces = [opened, ...this.#inside(), ')']
    this.#options = saved
    return pieces
  }

  #capture(name: string | undefined): Piece[] {
    if (name !== undefined && !/^[\p{L}_][\p{L}\p{N}\p{M}_]*$/u.test(name))
      this.#fail(`invalid group name <${name}>`)
    const index = ++this.#captures
    this.#groups.push({ index, name })
    return ['(', ...this.#inside(), ')']
  }

  #inside(): Piece[] {
    const pieces = this.#alternatives()
    if (!this.#scanner.take(')')) this.#fail('end pattern with unmatched parenthesis')
    return pieces
  }

  #fail(reason: string): never {
    throw new PatternError(reason)
  }
}

function around(before: string, pieces: Piece[], after: string): Piece[] {
  return [before, ...pieces, after]
}

export function literal(character: string): string {
  return /^[A-Za-z0-9]$/.test(character) ? character : `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`
}
