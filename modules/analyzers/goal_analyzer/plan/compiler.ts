/**
 * From statements to a plan: resolves what words mean (which file, which result, which column), and has each action
 * planned by its operation. A value that an action works out becomes a step; one inside another action is part of it.
 */
import { nearest, type Json } from '@nexus/sdk'
import type { Column, Operand, Phrase } from '../grammar/tree.ts'
import { isIn, type Vocabulary } from '../grammar/vocabulary.ts'
import { jsonText } from '../json_text.ts'
import { Refusal, type Span } from '../refusal.ts'
import { defined } from './definitions.ts'
import { hasKnownEnding, isDatabase, isFileName, stemOf } from './files.ts'
import { isSameNoun, singulars } from '../grammar/plurals.ts'
import { asCharacters, asWords, bareNoun } from './nouns.ts'
import type { Plan } from './plan.ts'
import type { Relation } from './relations.ts'
import type { Schemas } from './schemas.ts'
import { operandIn, watched } from './slots.ts'
import { given, inExpression, isReference, type Value } from './values.ts'

export type Operation = (compiler: Compiler, phrase: Phrase) => Value | undefined

export interface CompilerParts {
  readonly plan: Plan
  readonly vocabulary: Vocabulary
  readonly schemas: Schemas
  readonly operations: Readonly<Record<string, Operation>>
}

export class Compiler {
  readonly plan: Plan
  readonly vocabulary: Vocabulary
  readonly schemas: Schemas
  readonly #operations: Readonly<Record<string, Operation>>
  /** The results so far, in order. */
  values: Value[] = []
  /** Results that went into something else. */
  readonly used = new Set<Value>()
  /** What was read and stands unchanged. */
  readonly files = new Map<string, Value>()
  /** What stands for a query over files, by its expression. */
  readonly relations = new Map<string, Relation>()
  /** How often files may have changed. */
  edition = 0
  /** By which columns the last two tables were matched. */
  matched: { readonly left: string; readonly right: string } | undefined
  /** The file that is being written: no noun means it. */
  target: string | undefined
  /** The file that was written last. */
  lastWritten: string | undefined
  /** What was written to which file. */
  readonly written = new Map<string, Value>()
  /** What was made together, and how many results there were then: what `both` means. */
  group: { readonly value: Value; readonly after: number } | undefined
  /** A file that was spoken of and not read, and how many results there were then. */
  mentioned: { readonly path: string; readonly span: Span; readonly after: number } | undefined
  /** The items of the loops around, the inmost last. */
  readonly items: { readonly noun: string; readonly value: Value; readonly before: number }[] = []
  #variables = 0

  constructor(parts: CompilerParts) {
    this.plan = parts.plan
    this.vocabulary = parts.vocabulary
    this.schemas = parts.schemas
    this.#operations = parts.operations
  }

  /** A variable that no other has the name of. */
  variable(prefix: string): string {
    this.#variables += 1
    return `$${prefix}${this.#variables}`
  }

  phrase(phrase: Phrase): Value | undefined {
    const { does } = phrase.pattern
    const operation = Object.hasOwn(this.#operations, does) ? this.#operations[does] : undefined
    if (!operation)
      throw new Error(`No operation is called "${phrase.pattern.does}" (pattern "${phrase.pattern.id}").`)
    const read = new Set<string>()
    const value = operation(this, { ...phrase, slots: watched(phrase.slots, read) })
    const unread = Object.keys(phrase.slots).filter((name) => !read.has(name) && name !== 'as')
    const spans = unread.flatMap((name) => phrase.slots[name]?.span ?? [])
    if (spans.length > 0) throw new Refusal('This is understood, but means nothing here.', spans)
    return value
  }

  /** An action of its own: what it works out becomes a step. */
  action(phrase: Phrase): Value | undefined {
    this.plan.span = phrase.span
    const value = this.phrase(phrase)
    if (!value) return undefined
    const kept = value.parts ? value : this.keep(value, nameOf(phrase, value))
    const alias = phrase.slots['as']
    const named =
      alias?.type === 'value'
        ? { ...kept, names: [jsonText(alias.value).toLowerCase(), ...kept.names] }
        : kept
    this.#push(named)
    return named
  }

  #push(value: Value): void {
    if (value.parts) return
    const before = this.values.find(({ expression }) => expression === value.expression)
    if (before && this.used.has(before)) this.used.add(value)
    this.values.push(value)
  }

  /** The value as one that a step has worked out. */
  keep(value: Value, name: string): Value {
    if (isReference(value.expression)) return value
    const expression = this.plan.add({
      name,
      capability: 'set',
      definition: { set: inExpression(defined(value.expression)) },
    })
    return { ...value, expression }
  }

  operand(operand: Operand): Value {
    switch (operand.kind) {
      case 'file':
        return this.file(operand.path, operand.span)
      case 'url':
        return this.run('fetch', operand.url, operand.span)
      case 'literal':
        return given(operand.value)
      case 'pronoun':
        return this.use((operand.isPlural && this.#lastGroup()) || this.#lastOf(operand.span))
      case 'noun':
        return this.use(this.noun(operand.word, operand.span))
      case 'phrase': {
        const value = this.phrase(operand.phrase)
        if (value) return this.use(value)
        throw new Refusal('This gives nothing that can be gone on with.', [operand.span])
      }
    }
  }

  /** Notes that a value went into another. */
  use(value: Value): Value {
    for (const part of value.parts ?? []) this.use(part)
    for (const one of this.values)
      if (one === value || one.expression === value.expression) this.used.add(one)
    return value
  }

  file(path: string, span: Span): Value {
    if (!isFileName(path)) throw new Refusal('This is no name of one file.', [span])
    const known = this.files.get(path)
    if (known) return this.use(known)
    const field = this.#fieldAt(path)
    if (field) return field
    this.useWritten(path)
    const value = this.run('read_file', path, span)
    this.files.set(path, value)
    return value
  }

  /** What was written to a file is used where the file is. */
  useWritten(path: string): void {
    const value = this.written.get(path)
    if (value) this.use(value)
  }

  /** `limits.rows`, where a record came before it and no file is called so. */
  #fieldAt(path: string): Value | undefined {
    const last = this.values.at(-1)
    const isRecord = last?.type === 'any' || last?.type === 'record'
    const isFile = path.includes('/') || hasKnownEnding(path) || this.schemas.knows(path)
    if (!last || !isRecord || isFile || last.parts) return undefined
    const steps = path.split('.').map((name) => `pluck([${JSON.stringify(name)}])`)
    this.plan.assume(`“${path}” is a field of the result before it, no file.`)
    return {
      type: 'any',
      names: [path],
      expression: `(${[this.use(last).expression, ...steps].join(' | ')})`,
    }
  }

  /** An operation on a plain value, such as the name of a file. */
  run(does: string, value: Json, span: Span): Value {
    const pattern = {
      id: does,
      kind: 'action',
      templates: [],
      modifiers: [],
      does,
      fixed: {},
      task: undefined,
      gives: undefined,
      example: undefined,
      owner: undefined,
    } as const
    const done = this.phrase({ pattern, slots: { value: { type: 'value', value, span } }, span })
    if (!done) throw new Refusal('This gives nothing.', [span])
    return done
  }

  /** The result that `it` means: the item of a loop, until something was made of it. */
  #lastOf(span: Span): Value {
    const item = this.items.at(-1)
    if (item && this.values.length <= item.before) return item.value
    const { mentioned } = this
    if (mentioned && this.values.length <= mentioned.after) return this.file(mentioned.path, mentioned.span)
    const last = this.values.at(-1)
    if (last) return last
    throw new Refusal('Nothing comes before this that it could mean. Name a file, an address or a value.', [
      span,
    ])
  }

  /** Several that were made together, as long as nothing else was. */
  together(value: Value): Value {
    this.group = { value, after: this.values.length }
    return value
  }

  #lastGroup(): Value | undefined {
    return this.group && this.values.length <= this.group.after ? this.group.value : undefined
  }

  last(span: Span): Value {
    return this.use(this.#lastOf(span))
  }

  /** The last result, where a noun does not mean another one. */
  lastUnless(noun: string): Value | undefined {
    const isAnother =
      this.items.length > 0 ||
      this.values.some(({ names }) => names.some((name) => isSameNoun(name, noun))) ||
      this.#fileOf(noun) !== undefined
    const last = this.values.at(-1)
    return isAnother || !last ? undefined : this.use(last)
  }

  #fileOf(word: string): string | undefined {
    const path = this.schemas.fileOf(word)
    return path === this.target ? undefined : path
  }

  /** What a noun means: the item of a loop, a result by its name, a file that was read, a file that is known. */
  noun(word: string, span: Span): Value {
    const item = this.items.findLast(({ noun }) => isSameNoun(noun, word))
    if (item) return item.value
    const named = this.values.findLast(({ names }) => names.some((name) => isSameNoun(name, word)))
    if (named) return named
    const path = this.#fileOf(word)
    if (path !== undefined) return this.file(path, span)
    if (isIn(this.vocabulary, 'row_noun', word)) return this.nounOf(word, this.use(this.#lastOf(span)), span)
    const names = [...new Set([...this.values.flatMap((value) => value.names), ...this.schemas.stems])]
    const near = nearest(word, names)
    throw new Refusal(
      names.length === 0
        ? 'It is not said where this comes from.'
        : `This means nothing here. There are: ${names.slice(0, 10).join(', ')}.`,
      [span],
      near && `“${near}”`,
    )
  }

  /** What an action is about: `what`, else what it is said to be in, else the last result. */
  subject(phrase: Phrase, slot = 'what'): Value {
    const { slots, span } = phrase
    const what = operandIn(slots, slot)
    const within = operandIn(slots, 'in')
    if (what && within) return this.#within(what, within)
    const operand = what ?? within
    return operand ? this.operand(operand) : this.last(span)
  }

  /** `orders in orders.csv`: the noun has to be one for what is in there. */
  #within(what: Operand, within: Operand): Value {
    const noun = bareNoun(what)
    if (noun === undefined) {
      throw new Refusal('It is said twice what this is about.', [what.span, within.span])
    }
    if (within.kind === 'file' && isDatabase(within.path)) return this.table(within.path, noun, what.span)
    if (within.kind === 'phrase' && within.phrase.pattern.does === 'give') {
      const path = within.phrase.slots['source']
      const file = path?.type === 'operand' ? path.operands[0] : undefined
      if (file?.kind === 'file' && isDatabase(file.path)) return this.table(file.path, noun, what.span)
    }
    return this.nounOf(noun, this.operand(within), what.span)
  }

  table(path: string, name: string, span: Span): Value {
    if (isIn(this.vocabulary, 'row_noun', name))
      throw new Refusal(`It is not said which table of ${path} is meant. Say: the table NAME in ${path}.`, [
        span,
      ])
    return this.run('read_table', { path, name }, span)
  }

  nounOf(noun: string, value: Value, span: Span): Value {
    if (isSameNoun(noun, 'word')) return asWords(value, span)
    if (isSameNoun(noun, 'character') || isSameNoun(noun, 'letter')) return asCharacters(value)
    if (isIn(this.vocabulary, 'row_noun', noun) || value.names.some((name) => isSameNoun(name, noun)))
      return value
    const known = value.columns ?? []
    const column = known.find((name) => isSameNoun(name, noun))
    const hint = column === undefined ? `“rows”` : `“the distinct ${column}”`
    throw new Refusal(`It is not known that there are ${noun} in ${value.names[0] ?? 'it'}.`, [span], hint)
  }

  /** `the sum`, where one sum was computed. */
  #computedBy(word: string, columns: readonly string[]): readonly string[] {
    const name = ['sum', 'average', 'min', 'max', 'median', 'count', 'distinct'].find((one) =>
      isIn(this.vocabulary, `fn_${one}`, word.toLowerCase()),
    )
    return name === undefined
      ? []
      : columns.filter((column) => column === name || column.startsWith(`${name}_`))
  }

  /** The key of a column: a jq text, or a variable where only the data can tell which form of the word it has. */
  columnName(value: Value, column: Column): string | readonly string[] {
    const { columns } = value
    const word = column.name
    if (columns) {
      const found = columns.find((name) => name === word) ?? columns.find((name) => isSameNoun(name, word))
      if (found !== undefined) return found
      const computed = columns.filter(
        (name) =>
          /^(?:sum|average|min|max|median|distinct)_/.test(name) &&
          isSameNoun(name.slice(name.indexOf('_') + 1), word),
      )
      const [only, another] = computed.length > 0 ? computed : this.#computedBy(word, columns)
      if (only !== undefined && another === undefined) return only
      const near = nearest(word, columns)
      throw new Refusal(
        `There is no column “${word}”. There are: ${columns.join(', ')}.`,
        [column.span],
        near && `“${near}”`,
      )
    }
    const forms = singulars(word)
    return forms.length === 0 ? word : [word, ...forms]
  }
}

function nameOf({ pattern }: Phrase, value: Value): string {
  const first = value.names[0]
  return first === undefined ? pattern.id : `${pattern.id.replace(/_(?:of|all|alone)$/, '')}_${stemOf(first)}`
}
