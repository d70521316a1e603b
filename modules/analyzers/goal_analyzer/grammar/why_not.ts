/**
 * Why a goal was not understood: which words stopped it, and the nearest thing that can be done. It judges by how far
 * the reading came.
 */
import { nearest } from '@nexus/sdk'
import { quote, Refusal } from '../refusal.ts'
import type { Reader } from './reader.ts'
import type { Token } from './tokens.ts'
import { isIn, type Vocabulary } from './vocabulary.ts'

export function whyNotUnderstood(reader: Reader): Refusal {
  const at = reader.skip(Math.min(reader.furthest, reader.length - 1))
  const stuck = reader.tokens[Math.min(at, reader.length - 1)]
  const isOver = reader.furthest >= reader.length || !stuck
  const strange = strangersUpTo(reader, isOver ? reader.length - 1 : at)
  if (isOver && strange.length === 0) {
    const last = reader.tokens.at(-1)
    const nearby = nearestThing(reader, last)
    return new Refusal('The goal ends before it is whole.', last ? [last] : [], nearby, false)
  }
  const words = strange.length > 0 || !stuck ? strange : [stuck]
  const named = words.map(({ text }) => `“${text}”`).join(' ')
  const before = isOver ? undefined : reader.tokens[at - 1]
  const understood = before ? ` behind ${quoteOf(reader, Math.max(0, at - understoodShown), at)}` : ''
  return new Refusal(`Not understood: ${named}${understood}.`, words, nearestThing(reader, words[0]), false)
}

const understoodShown = 4

function quoteOf(reader: Reader, from: number, end: number): string {
  return `“${reader.tokens
    .slice(from, end)
    .map(({ text }) => text)
    .join(' ')}”`
}

/** The words of the clause, up to where it was not understood, that stand in no pattern at all; or that are no verb where one should be. */
function strangersUpTo(reader: Reader, at: number): readonly Token[] {
  const { tokens, vocabulary, lexicon } = reader
  const from = Math.min(reader.clause, at)
  const first = tokens[from]
  const isVerb = first && (isIn(vocabulary, 'verb', first.lower) || vocabulary.known.has(first.lower))
  const stuck = tokens[at]
  if (first?.kind === 'word' && !isVerb) return stuck && stuck !== first ? [first, stuck] : [first]
  return tokens
    .slice(from, at + 1)
    .filter(
      (token, offset) =>
        token.kind === 'word' && !vocabulary.known.has(token.lower) && !lexicon.knows(tokens, from + offset),
    )
}

function nearestThing(reader: Reader, word: Token | undefined): string | undefined {
  const { vocabulary } = reader
  const near = word?.kind === 'word' ? nearest(word.lower, vocabulary.known) : undefined
  const pattern = near === undefined ? undefined : patternWith(vocabulary, near)
  if (near !== undefined)
    return `“${near}”${pattern === undefined ? '' : `, as in ${quote(pattern, whole(pattern))}`}`
  const fitting = reader.tokens
    .map(({ lower }) => patternWith(vocabulary, lower))
    .find((found) => found !== undefined)
  return fitting === undefined ? examplesOf(vocabulary) : `“${fitting}”`
}

function whole(text: string): { start: number; end: number } {
  return { start: 0, end: text.length }
}

/** The example of an action that begins with a word, or has it among its own. */
function patternWith(vocabulary: Vocabulary, word: string): string | undefined {
  if (!isIn(vocabulary, 'verb', word)) return undefined
  return vocabulary.patterns.find(({ example }) => example?.toLowerCase().split(' ').includes(word))?.example
}

function examplesOf(vocabulary: Vocabulary): string | undefined {
  const examples = vocabulary.patterns.flatMap(({ example, kind }) =>
    example !== undefined && kind === 'action' ? [example] : [],
  )
  return examples.length === 0
    ? undefined
    : examples
        .slice(0, 3)
        .map((example) => `“${example}”`)
        .join(', ')
}
