/**
 * From a goal's text to statements: phrases, put together by the connectives of the sentence. `and` and commas bind
 * tightest, then `then`, then the end of a sentence or a semicolon; `if` and `for each` reach to the end of their
 * sentence. What it cannot read it refuses, with the words; it never leaves out a word that carries meaning.
 */
import { Refusal } from '../refusal.ts'
import { activeVoice } from './active_voice.ts'
import { aggregatesSlot } from './slots/aggregates.ts'
import { checkSlot } from './slots/checks.ts'
import { adjectiveSlot, amountSlot, bareSlot, comparisonSlot, conditionSlot } from './slots/conditions.ts'
import { constraintSlot } from './slots/constraint.ts'
import { choiceSlot, formulaSlot } from './slots/formula.ts'
import {
  addressSlot,
  commandsSlot,
  itemsSlot,
  memberSlot,
  shoutSlot,
  nounSlot,
  operandSlot,
  operandsSlot,
  placeSlot,
  pronounSlot,
  valuePhraseSlot,
} from './slots/operand.ts'
import { keyPairSlot, keySlot, orderSlot } from './slots/order.ts'
import { Lexicon } from './lexicon.ts'
import { knownConditionSlot } from './question/conditions.ts'
import { arrangementSlot, questionSlot, requestSlot } from './question.ts'
import { Reader, type SlotReader } from './reader.ts'
import { Sentences } from './sentences.ts'
import {
  answerSlot,
  capabilitySlot,
  caseSlot,
  directionSlot,
  needleSlot,
  columnSlot,
  columnsSlot,
  databaseSlot,
  durationSlot,
  fileSlot,
  formatSlot,
  groupSlot,
  jsonSlot,
  nameSlot,
  numberSlot,
  onceSlot,
  pairsSlot,
  pathSlot,
  perLineSlot,
  properSlot,
  knownSlot,
  fieldsSlot,
  columnListSlot,
  scriptSlot,
  textSlot,
  timesSlot,
  unitSlot,
  urlSlot,
} from './slots/plain.ts'
import { tokensOf } from './tokens.ts'
import type { Constraint, Statement } from './tree.ts'
import type { Vocabulary } from './vocabulary.ts'
import { whyNotUnderstood } from './why_not.ts'

export const slotReaders: ReadonlyMap<string, SlotReader> = new Map<string, SlotReader>([
  ['text', textSlot],
  ['url', urlSlot],
  ['json', jsonSlot],
  ['file', fileSlot],
  ['script', scriptSlot],
  ['database', databaseSlot],
  ['number', numberSlot],
  ['duration', durationSlot],
  ['format', formatSlot],
  ['name', nameSlot],
  ['capability', capabilitySlot],
  ['pairs', pairsSlot],
  ['path', pathSlot],
  ['column', columnSlot],
  ['columns', columnsSlot],
  ['condition', conditionSlot],
  ['bare', bareSlot],
  ['comparison', comparisonSlot],
  ['amount', amountSlot],
  ['operand', operandSlot],
  ['operands', operandsSlot],
  ['noun', nounSlot],
  ['aggregates', aggregatesSlot],
  ['order', orderSlot],
  ['key', keySlot],
  ['keypair', keyPairSlot],
  ['formula', formulaSlot],
  ['check', checkSlot],
  ['place', placeSlot],
  ['pronoun', pronounSlot],
  ['valuephrase', valuePhraseSlot],
  ['unit', unitSlot],
  ['address', addressSlot],
  ['items', itemsSlot],
  ['answer', answerSlot],
  ['needle', needleSlot],
  ['case', caseSlot],
  ['group', groupSlot],
  ['once', onceSlot],
  ['times', timesSlot],
  ['commands', commandsSlot],
  ['constraint', constraintSlot],
  ['direction', directionSlot],
  ['question', questionSlot],
  ['knowncondition', knownConditionSlot],
  ['arrangement', arrangementSlot],
  ['request', requestSlot],
  ['proper', properSlot],
  ['known', knownSlot],
  ['fields', fieldsSlot],
  ['member', memberSlot],
  ['shout', shoutSlot],
  ['columnlist', columnListSlot],
  ['perline', perLineSlot],
  ['choice', choiceSlot],
  ['adjective', adjectiveSlot],
])

/** A constraint that was given beside the goal, in words; undefined where it is none. */
export function parseConstraint(text: string, vocabulary: Vocabulary): Constraint | undefined {
  const reader = new Reader(tokensOf(text), { vocabulary, lexicon: new Lexicon([]), slots: slotReaders })
  const at = reader.skip(0)
  const found = reader.slot('constraint', at).find(({ end }) => reader.skip(end) >= reader.length)
  if (found?.value.type === 'constraint') return found.value.constraint
  const start = reader.phraseEnd('within', at)
  const time = start === undefined ? undefined : reader.slot('duration', reader.skip(start))[0]
  if (time?.value.type !== 'value' || reader.skip(time.end) < reader.length) return undefined
  return { kind: 'time', milliseconds: Number(time.value.value) }
}

/** With questions to the tables that the lexicon knows, where it knows any. Throws `Refusal`. */
export function parseGoal(goal: string, vocabulary: Vocabulary, lexicon: Lexicon): readonly Statement[] {
  const tokens = activeVoice(tokensOf(goal), vocabulary)
  if (tokens.every(({ kind }) => kind === 'sign'))
    throw new Refusal('The goal says nothing. Say what is to be done.', [])
  const reader = new Reader(tokens, { vocabulary, lexicon, slots: slotReaders })
  const statements = new Sentences(reader).all()
  if (!statements) throw whyNotUnderstood(reader)
  return statements
}
