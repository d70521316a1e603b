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
  const isOver = reader.furthest >= reader.length
  if (isOver || !stuck) {
    const last = reader.tokens.at(-1)
    return new Refusal('The goal ends before it is whole.', last ? [last] : [], nearestThing(reader, last))
  }
  const strange = strangersAround(reader, at)
  const words = strange.length > 0 ? strange : [stuck]
  const named = words.map(({ text }) => `“${text}”`).join(' ')
  const before = reader.tokens[at - 1]
  const understood =
    before && strange.length === 0 ? ` behind ${quoteOf(reader, Math.max(0, at - understoodShown), at)}` : ''
  return new Refusal(`Not understood: ${named}${understood}.`, words, nearestThing(reader, words[0]))
}

const understoodShown = 4

function quoteOf(reader: Reader, from: number, end: number): string {
  return `“${reader.tokens
    .slice(from, end)
    .map(({ text }) => text)
    .join(' ')}”`
}

/** The words from the clause's beginning to the end of its sentence that stand in no pattern at all. */
function strangersAround(reader: Reader, at: number): readonly Token[] {
  const { tokens, vocabulary } = reader
  const isStop = (token: Token | undefined): boolean => token?.kind === 'sign' && isIn(vocabulary, 'stop', token.lower)
  let end = at
  while (end < tokens.length && !isStop(tokens[end])) end += 1
  return tokens.slice(at, end).filter((token) => token.kind === 'word' && !vocabulary.known.has(token.lower))
}

function nearestThing(reader: Reader, word: Token | undefined): string | undefined {
  const { vocabulary } = reader
  const near = word?.kind === 'word' ? nearest(word.lower, vocabulary.known) : undefined
  const pattern = near === undefined ? undefined : patternWith(vocabulary, near)
  if (near !== undefined) return `“${near}”${pattern === undefined ? '' : `, as in ${quote(pattern, whole(pattern))}`}`
  const fitting = reader.tokens.map(({ lower }) => patternWith(vocabulary, lower)).find((found) => found !== undefined)
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
  const examples = vocabulary.patterns.flatMap(({ example, kind }) => (example !== undefined && kind === 'action' ? [example] : []))
  return examples.length === 0 ? undefined : examples.slice(0, 3).map((example) => `“${example}”`).join(', ')
}
