/** What is done to texts, wherever in a value they stand. */
import { jsonText } from '../../json_text.ts'
import { Refusal } from '../../refusal.ts'
import type { Operation } from '../compiler.ts'
import { textIn } from '../slots.ts'
import { asItems, Table } from '../table.ts'
import { quoted } from '../values.ts'
import { inCase, onTexts } from './shape.ts'

const replace: Operation = (compiler, phrase) => {
  const value = compiler.subject(phrase)
  const from = textIn(phrase.slots, 'from') ?? ''
  if (from === '')
    throw new Refusal('Nothing cannot be replaced.', [phrase.slots['from']?.span ?? phrase.span])
  return onTexts(value, `split(${quoted(from)}) | join(${quoted(textIn(phrase.slots, 'to') ?? '')})`)
}

const changeCase: Operation = (compiler, phrase) =>
  inCase(compiler.subject(phrase), jsonText(phrase.pattern.fixed['to']))

/** `put "- " in front of each line`: a text is a list of its lines. */
const affix: Operation = (compiler, phrase) => {
  const value = asItems(compiler.subject(phrase))
  const text = quoted(textIn(phrase.slots, 'text') ?? '')
  const joined = phrase.pattern.fixed['at'] === 'start' ? `${text} + tostring` : `tostring + ${text}`
  if (value.type === 'rows' || value.type === 'record')
    throw new Refusal('This can be put to lines and texts, not to rows.', [phrase.span])
  const items = `map(if type == "object" then error("This is no text but a record.") else ${joined} end)`
  return { ...value, expression: new Table(compiler, value).through(items) }
}

const split: Operation = (compiler, phrase) => {
  const value = compiler.subject(phrase)
  const separator = textIn(phrase.slots, 'separator')
  if (separator === undefined) return asItems(value)
  return { type: 'list', expression: `(${value.expression} | split(${quoted(separator)}))`, names: ['parts'] }
}

export const textOperations: Readonly<Record<string, Operation>> = {
  replace,
  case: changeCase,
  affix,
  split,
}
