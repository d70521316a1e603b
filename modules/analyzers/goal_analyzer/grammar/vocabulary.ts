/**
 * The vocabulary: classes of words, and patterns with their templates compiled. It is made of data alone: of
 * `patterns.json`, of the files that a user drops in, and of what modules say of their own capabilities.
 */
import type { Json, JsonObject } from '@nexus/sdk'
import { nodesOf, parseTemplate, TemplateError, type TemplateNode } from './template.ts'

export type PatternKind = 'action' | 'value' | 'check' | 'before' | 'after'

/** A pattern as it stands in a file. */
export interface PatternSource {
  readonly id: string
  readonly kind?: PatternKind
  readonly says: readonly string[]
  readonly description?: string
  readonly examples?: readonly string[]
  readonly modifiers?: readonly string[]
  /** What the planner does by itself… */
  readonly does?: string
  /** …with what holds whatever the words are… */
  readonly fixed?: JsonObject
  /** …or the task that comes out, `{slot}` standing for what was filled in. */
  readonly task?: JsonObject
  /** What kind of value comes out of that task. */
  readonly gives?: string
}

export interface VocabularySource {
  readonly words?: Readonly<Record<string, readonly string[]>>
  readonly modifiers?: Readonly<Record<string, readonly string[]>>
  readonly patterns?: readonly PatternSource[]
}

export interface Pattern {
  readonly id: string
  readonly kind: PatternKind
  readonly templates: readonly TemplateNode[]
  readonly modifiers: readonly string[]
  readonly does: string
  readonly fixed: JsonObject
  readonly task: JsonObject | undefined
  readonly gives: string | undefined
  readonly example: string | undefined
  /** The capability that brought it, which is then the only one that it may call. */
  readonly owner: string | undefined
}

export interface Vocabulary {
  /** Each phrase as its words. */
  readonly classes: ReadonlyMap<string, readonly (readonly string[])[]>
  readonly modifiers: ReadonlyMap<string, readonly TemplateNode[]>
  readonly patterns: readonly Pattern[]
  /** Every word that some template or class knows. */
  readonly known: ReadonlySet<string>
}

export interface OwnedSource extends VocabularySource {
  /** Where it comes from, for messages. */
  readonly from: string
  readonly owner?: string
}

export class VocabularyError extends Error {
  override readonly name = 'VocabularyError'
}

/** Later sources come first where two patterns match the same words: what a user adds goes before what is built in. */
export function vocabularyOf(sources: readonly OwnedSource[]): Vocabulary {
  const classes = new Map<string, (readonly string[])[]>()
  const modifiers = new Map<string, TemplateNode[]>()
  const patterns: Pattern[] = []
  for (const source of sources) {
    for (const [name, phrases] of Object.entries(source.words ?? {}))
      classes.set(name, [...(classes.get(name) ?? []), ...phrases.map(wordsOf)])
    for (const [name, says] of Object.entries(source.modifiers ?? {}))
      modifiers.set(name, [
        ...(modifiers.get(name) ?? []),
        ...says.map((text) => compile(text, source, name)),
      ])
  }
  const verbs = [...classes].filter(([name]) => name.startsWith('do_')).flatMap(([, phrases]) => phrases)
  classes.set(
    'verb',
    verbs.filter((words) => words.length === 1),
  )
  for (const source of sources.toReversed())
    for (const pattern of source.patterns ?? []) patterns.push(patternOf(pattern, source))
  const known = new Set([...classes.values()].flat(2))
  const templates = [...patterns.flatMap(({ templates }) => templates), ...[...modifiers.values()].flat()]
  for (const template of templates)
    for (const node of nodesOf(template)) {
      if (node.kind === 'word') known.add(node.word)
      if (node.kind === 'class' && !classes.has(node.name))
        throw new VocabularyError(
          `No class of words is called @${node.name}. There are: ${[...classes.keys()].join(', ')}.`,
        )
    }
  return { classes, modifiers, patterns, known }
}

function patternOf(pattern: PatternSource, source: OwnedSource): Pattern {
  const { id, kind = 'action', says, modifiers = [], does, fixed = {}, task, gives, examples } = pattern
  if ((does === undefined) === (task === undefined))
    throw new VocabularyError(`${source.from}: the pattern "${id}" needs either \`does\` or \`task\`.`)
  if (source.owner !== undefined && task === undefined)
    throw new VocabularyError(
      `${source.from}: the pattern "${id}" has to say a task of \`${source.owner}\`; what the planner does by itself is not for capabilities.`,
    )
  return {
    id,
    kind,
    templates: says.map((text) => compile(text, source, id)),
    modifiers,
    does: does ?? 'task',
    fixed,
    task,
    gives,
    example: examples?.[0],
    owner: source.owner,
  }
}

function compile(text: string, source: OwnedSource, id: string): TemplateNode {
  try {
    return parseTemplate(text)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    throw new VocabularyError(`${source.from}: in "${id}": ${error.message}`, { cause: error })
  }
}

/** Words as the tokens of a goal are cut: signs stand alone. */
export function wordsOf(phrase: string): readonly string[] {
  return phrase.toLowerCase().split(' ')
}

/** Whether a word, or its beginning as a phrase, is in a class. */
export function isIn(vocabulary: Vocabulary, name: string, word: string): boolean {
  return vocabulary.classes.get(name)?.some((words) => words.length === 1 && words[0] === word) ?? false
}

export function fixedText(pattern: Pattern, key: string): string | undefined {
  const value: Json | undefined = pattern.fixed[key]
  return typeof value === 'string' ? value : undefined
}
