/** A position in a pattern, by codepoints, and the single characters that escapes stand for. */
const CONTROLS: Readonly<Record<string, string>> = {
  t: '\t',
  n: '\n',
  r: '\r',
  f: '\f',
  v: '\v',
  a: '\u0007',
  e: '\u001b',
}

export class PatternScanner {
  readonly #pattern: string
  #position = 0

  constructor(pattern: string) {
    this.#pattern = pattern
  }

  atEnd(): boolean {
    return this.#position >= this.#pattern.length
  }

  peek(): string {
    const code = this.#pattern.codePointAt(this.#position)
    return code === undefined ? '' : String.fromCodePoint(code)
  }

  next(): string {
    const character = this.peek()
    this.#position += character.length
    return character
  }

  take(text: string): boolean {
    const found = this.#pattern.startsWith(text, this.#position)
    if (found) this.#position += text.length
    return found
  }

  back(units: number): void {
    this.#position -= units
  }

  /** Matches a sticky expression here and goes past it. */
  match(expression: RegExp): RegExpExecArray | undefined {
    expression.lastIndex = this.#position
    const match = expression.exec(this.#pattern)
    if (match === null) return undefined
    this.#position = expression.lastIndex
    return match
  }

  lookingAt(expression: RegExp): boolean {
    expression.lastIndex = this.#position
    return expression.test(this.#pattern)
  }

  /** The character that an escape stands for; the backslash has been taken. */
  escapedCharacter(): string {
    const hex = this.match(/x\{([0-9a-fA-F]{1,6})\}|x([0-9a-fA-F]{0,2})|u([0-9a-fA-F]{4})/y)
    if (hex !== undefined) return codepoint(Number.parseInt(hex[1] ?? hex[2] ?? hex[3] ?? '', 16) || 0)
    const octal = this.match(/[0-7]{1,3}/y)
    if (octal !== undefined) return codepoint(Number.parseInt(octal[0], 8))
    const control = this.match(/c([\s\S])|C-([\s\S])/y)
    if (control !== undefined) return codepoint((control[1] ?? control[2] ?? '@').charCodeAt(0) & 0x1f)
    const character = this.next()
    return CONTROLS[character] ?? character
  }
}

function codepoint(code: number): string {
  return code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code)
}
