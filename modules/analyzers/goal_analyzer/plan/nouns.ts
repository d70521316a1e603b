/** Nouns of a goal: what they are, and which parts of a text have names of their own. */
import type { Operand, Slots } from '../grammar/tree.ts'
import { Refusal, type Span } from '../refusal.ts'
import type { Compiler } from './compiler.ts'
import { operandIn } from './slots.ts'
import type { Value } from './values.ts'

export function bareNoun(operand: Operand): string | undefined {
  if (operand.kind === 'noun' || operand.kind === 'pronoun') return operand.word
  if (operand.kind !== 'phrase' || operand.phrase.pattern.does !== 'rows') return undefined
  const { noun, ...rest } = operand.phrase.slots
  const inner = noun?.type === 'operand' ? noun.operands[0] : undefined
  return inner && Object.keys(rest).length === 0 ? bareNoun(inner) : undefined
}

export function asWords(value: Value, span: Span): Value {
  const text = value.type === 'list' ? 'map(tostring) | join(" ")' : 'tostring'
  if (value.type !== 'text' && value.type !== 'list' && value.type !== 'any')
    throw new Refusal('Words are counted in texts, and this is none.', [span])
  return {
    ...value,
    type: 'list',
    expression: `(${value.expression} | ${text} | [scan("\\\\S+")])`,
    names: ['words'],
  }
}

export function asCharacters(value: Value): Value {
  return {
    ...value,
    type: 'list',
    expression: `(${value.expression} | tostring | split(""))`,
    names: ['characters'],
  }
}

/** `most rows`, `duplicate lines`: the noun has to be one for what the value holds. */
export function refuseOtherNoun(compiler: Compiler, slots: Slots, value: Value): void {
  const noun = operandIn(slots, 'noun')
  const word = noun && bareNoun(noun)
  if (noun && word !== undefined) compiler.nounOf(word, value, noun.span)
}
