/**
 * As much of Dart's syntax as pub's solver tests are written in: the tests of a file, and the calls in a test with their
 * arguments as far as these are literals. What is no literal is `undefined`.
 */

export type Value = string | boolean | undefined | Map<string, Value>

export interface Call {
  readonly name: string
  readonly positional: readonly Value[]
  readonly named: ReadonlyMap<string, Value>
}

export interface DartTest {
  readonly name: string
  readonly body: string
}

export function testsIn(source: string): DartTest[] {
  const text = withoutComments(source)
  return [...text.matchAll(/\btest\(/g)].map(({ index }) => {
    const reader = new Reader(text, index + 'test('.length)
    const name = reader.value()
    const start = reader.at
    reader.skipTo(')')
    return { name: asText(name), body: text.slice(start, reader.at) }
  })
}

/** The calls of functions with these names, in order of their beginnings. */
export function callsIn(body: string, names: readonly string[]): Call[] {
  return [...body.matchAll(new RegExp(`\\b(${names.join('|')})\\(`, 'g'))].map(
    ({ 0: whole, 1: name, index }) => new Reader(body, index + whole.length).call(name ?? ''),
  )
}

export function asText(value: Value): string {
  return typeof value === 'string' ? value : ''
}

/** Comments go, texts that look like comments stay. */
function withoutComments(source: string): string {
  const textOrComment = /('''[\s\S]*?'''|"""[\s\S]*?"""|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|\/\/[^\n]*/g
  return source.replaceAll(textOrComment, (_, text: string | undefined) => text ?? '')
}

class Reader {
  readonly #text: string
  at: number

  constructor(text: string, at: number) {
    this.#text = text
    this.at = at
  }

  call(name: string): Call {
    const positional: Value[] = []
    const named = new Map<string, Value>()
    while (!this.#takes(')')) {
      const label = this.#match(/([a-z]\w*):/y)
      const value = this.value()
      if (label === undefined) positional.push(value)
      else named.set(label, value)
      // What is left of an argument that is no literal.
      this.skipTo(',', ')')
      this.#takes(',')
    }
    return { name, positional, named }
  }

  value(): Value {
    const text = this.#strings()
    if (text !== undefined) return text
    const word = this.#match(/(true|false)\b/y)
    if (word !== undefined) return word === 'true'
    this.#match(/(<\w+, ?\w+>)/y)
    return this.#takes('{') ? this.#map() : undefined
  }

  #map(): Map<string, Value> {
    const map = new Map<string, Value>()
    while (!this.#takes('}')) {
      const key = asText(this.value())
      this.#takes(':')
      map.set(key, this.value())
      this.skipTo(',', '}')
      this.#takes(',')
    }
    return map
  }

  /** Literals that stand side by side are one text. */
  #strings(): string | undefined {
    let text: string | undefined
    for (;;) {
      const part = this.#match(/'''([\s\S]*?)'''/y) ?? this.#match(/"""([\s\S]*?)"""/y) ?? this.#short()
      if (part === undefined) return text
      text = (text ?? '') + part
    }
  }

  #short(): string | undefined {
    return this.#match(/'((?:[^'\\]|\\.)*)'/y) ?? this.#match(/"((?:[^"\\]|\\.)*)"/y)
  }

  /** Goes to the first of these marks that is not inside of brackets or texts. */
  skipTo(...marks: readonly string[]): void {
    let depth = 0
    while (this.at < this.#text.length) {
      if (this.#strings() !== undefined) continue
      this.#space()
      const mark = this.#text[this.at] ?? ''
      if (depth === 0 && marks.includes(mark)) return
      if ('([{'.includes(mark)) depth++
      if (')]}'.includes(mark)) depth--
      this.at++
    }
  }

  #takes(mark: string): boolean {
    this.#space()
    if (this.at < this.#text.length && this.#text[this.at] !== mark) return false
    this.at++
    return true
  }

  #match(pattern: RegExp): string | undefined {
    this.#space()
    pattern.lastIndex = this.at
    const found = pattern.exec(this.#text)
    if (found === null) return undefined
    this.at = pattern.lastIndex
    return found[1]
  }

  #space(): void {
    while (/\s/.test(this.#text[this.at] ?? '')) this.at++
  }
}
