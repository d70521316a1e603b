/**
 * What a jq expression refers to: its variables, each with the first member that is taken of it, and whether it looks
 * at its input. It parses nothing: it goes through the text once, in linear time and without recursion, and skips
 * strings and comments. Where it is in doubt, the input is looked at. Broken expressions are others' to refuse.
 */
import { frame, type Frame } from './frame.ts'
import { closing, indifferent, operators, withArguments } from './words.ts'

export interface Variable {
  readonly name: string
  /** The member that is taken of it; undefined where it is used as a whole, or the member is computed. */
  readonly key: string | undefined
}

export interface References {
  readonly input: boolean
  readonly variables: readonly Variable[]
}

export function referencesIn(expression: string): References {
  return new Scanner(expression).scan()
}

/** Longer names of members count as computed. */
const keyLengthMax = 512

const space = /\s+|#[^\n]*/y
const word = /[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*/y
const number = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y
const quotedKey = new RegExp(`"((?:[^"\\\\]|\\\\.){0,${keyLengthMax}})"`, 'y')
const inString = /[^"\\]+/y

class Scanner {
  private readonly text: string
  private at = 0
  private input = false
  /** Whether a value has just ended, so that `.x` takes a member of it. */
  private afterValue = false
  private readonly variables: Variable[] = []
  private readonly bound = new Set<string>()
  private readonly outer: Frame[] = []
  private frame: Frame = frame('', true)

  constructor(text: string) {
    this.text = text
  }

  scan(): References {
    for (this.skipSpace(); this.at < this.text.length; this.skipSpace()) this.step()
    if (this.text.trim() === '') this.input = true
    return { input: this.input, variables: this.variables }
  }

  private step(): void {
    const next = this.text[this.at] ?? ''
    if (next === '"') return this.quoted(1)
    if (next === '$') return this.variable()
    if (next === '.') return this.dot()
    if (next === '@') return this.format()
    if (this.take(number) !== '') return this.value()
    const name = this.take(word)
    if (name !== '') return this.word(name)
    this.at++
    this.sign(next)
  }

  private sign(sign: string): void {
    if (sign === '(' || sign === '[' || sign === '{') return this.open(sign)
    if (sign === ')' || sign === ']' || sign === '}') return this.close(sign)
    if (sign === '?' && this.text[this.at] !== '/') return
    this.afterValue = false
    if (sign === '|') this.pipe()
    else if (sign === ';') this.frame.dot = this.frame.begins && !this.frame.isFold
    else if (this.frame.close === '}') this.inObject(sign)
  }

  private inObject(sign: string): void {
    if (sign === ':') this.frame.isKey = false
    if (sign !== ',') return
    this.frame.isKey = true
    this.frame.dot = this.frame.begins
  }

  private pipe(): void {
    if (this.text[this.at] === '=') return void this.at++
    if (this.frame.binds) this.frame.binds = false
    else this.frame.dot = false
  }

  private open(sign: '(' | '[' | '{'): void {
    const isFold = sign === '(' && this.frame.fold === 'body'
    if (isFold) this.frame.fold = 'none'
    this.push(frame(sign === '(' ? ')' : sign === '[' ? ']' : '}', this.frame.dot, isFold))
  }

  private push(inner: Frame): void {
    this.outer.push(this.frame)
    this.frame = inner
    this.afterValue = false
  }

  private close(sign: string): void {
    const { close } = this.frame
    if (close === '"' && sign === ')') {
      this.pop()
      return this.quoted(0)
    }
    if (close === sign) this.pop()
    this.value()
  }

  private pop(): void {
    this.frame = this.outer.pop() ?? frame('', true)
  }

  private value(): void {
    this.afterValue = true
  }

  private readsInput(): void {
    if (this.frame.dot) this.input = true
  }

  private dot(): void {
    if (!this.afterValue && this.take(number) !== '') return this.value()
    if (!this.afterValue) this.readsInput()
    this.at += this.text[this.at + 1] === '.' ? 2 : 1
    this.skipSpace()
    this.take(word)
    this.value()
  }

  private format(): void {
    this.at++
    this.take(word)
    this.skipSpace()
    if (this.text[this.at] !== '"') this.readsInput()
    this.value()
  }

  /** The rest of a string: to its end, or to the next `\(`, in which an expression stands. */
  private quoted(skipped: number): void {
    this.at += skipped
    for (;;) {
      this.take(inString)
      const sign = this.text[this.at]
      this.at += sign === '\\' ? 2 : 1
      if (sign === '\\' && this.text[this.at - 1] === '(') return this.push(frame('"', this.frame.dot))
      if (sign !== '\\') break
    }
    this.value()
    if (this.frame.close === '}' && this.frame.isKey && this.following() !== ':') this.readsInput()
  }

  private word(name: string): void {
    const { frame: around } = this
    if (around.close === '}' && around.isKey) return this.key()
    if (name === 'if') return this.push(frame('end', around.dot))
    if (name === 'end') return this.endIf()
    if (closing.has(name)) return this.branch(name)
    if (name === 'reduce' || name === 'foreach') around.fold = 'source'
    else if (operators.has(name)) this.operator(name)
    else return this.called(name)
    this.afterValue = false
  }

  private key(): void {
    if (this.following() !== ':') this.readsInput()
    this.value()
  }

  private called(name: string): void {
    const isIndifferent = indifferent.has(name) || (withArguments.has(name) && this.following() === '(')
    if (!isIndifferent) this.readsInput()
    this.value()
  }

  private branch(name: string): void {
    this.afterValue = false
    if (this.frame.close !== 'end') return
    this.frame.dot = this.frame.begins
    if (name === 'else') this.frame.hasElse = true
  }

  private endIf(): void {
    const { close, hasElse } = this.frame
    if (close === 'end') this.pop()
    if (!hasElse) this.readsInput()
    this.value()
  }

  private operator(name: string): void {
    if (name === 'label') this.frame.binds = true
    if (name === 'def') return this.define()
    if (name !== 'as') return
    if (this.frame.fold === 'source') this.frame.fold = 'body'
    else this.frame.binds = true
    this.skipSpace()
    if (this.text[this.at] !== '$') return
    this.at++
    this.bound.add(this.take(word))
  }

  /** The name of a function that is defined is no use of one. */
  private define(): void {
    this.skipSpace()
    this.take(word)
  }

  private variable(): void {
    this.at++
    const name = this.take(word)
    const { close, isKey } = this.frame
    this.value()
    if (name === '' || this.bound.has(name)) return
    if (name === 'input') this.input = true
    this.variables.push({ name, key: close === '}' && isKey ? undefined : this.member() })
  }

  /** The member that is taken here, written out: `.x`, `."x"`, `["x"]`, `.["x"]`. */
  private member(): string | undefined {
    const begin = this.at
    const key = this.readMember()
    if (key === undefined) this.at = begin
    return key
  }

  private readMember(): string | undefined {
    this.skipSpace()
    const hasDot = this.text[this.at] === '.'
    if (hasDot) this.at++
    this.skipSpace()
    const name = hasDot ? this.take(word) : ''
    if (name !== '') return name
    const isIndex = this.text[this.at] === '['
    if (isIndex) this.at++
    else if (!hasDot) return undefined
    this.skipSpace()
    const key = this.quotedMember()
    if (!isIndex || key === undefined) return key
    this.skipSpace()
    return this.text[this.at++] === ']' ? key : undefined
  }

  private quotedMember(): string | undefined {
    const quoted = this.take(quotedKey)
    if (quoted === '') return undefined
    try {
      const key: unknown = JSON.parse(quoted)
      return typeof key === 'string' ? key : undefined
    } catch {
      return undefined // an escape that JSON has not, such as `\(`: the member is computed
    }
  }

  private following(): string | undefined {
    this.skipSpace()
    return this.text[this.at]
  }

  private skipSpace(): void {
    while (this.take(space) !== '');
  }

  private take(pattern: RegExp): string {
    pattern.lastIndex = this.at
    const taken = pattern.exec(this.text)?.[0] ?? ''
    this.at += taken.length
    return taken
  }
}
