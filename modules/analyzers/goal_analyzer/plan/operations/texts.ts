/** What is done to texts, wherever in a value they stand. */
import type { Operation } from '../compiler.ts'
import { textIn } from '../slots.ts'
import { asItems } from '../table.ts'
import { quoted, type Value } from '../values.ts'

const replace: Operation = (compiler, phrase) => {
  const value = compiler.subject(phrase)
  const [from, to] = [quoted(textIn(phrase.slots, 'from') ?? ''), quoted(textIn(phrase.slots, 'to') ?? '')]
  return onTexts(value, `split(${from}) | join(${to})`)
}

const changeCase: Operation = (compiler, phrase) =>
  onTexts(
    compiler.subject(phrase),
    phrase.pattern.fixed['to'] === 'upper' ? 'ascii_upcase' : 'ascii_downcase',
  )

/** Every text in it. */
function onTexts(value: Value, expression: string): Value {
  return {
    ...value,
    expression: `(${value.expression} | walk(if type == "string" then ${expression} else . end))`,
  }
}

const split: Operation = (compiler, phrase) => {
  const value = compiler.subject(phrase)
  const separator = textIn(phrase.slots, 'separator')
  if (separator === undefined) return asItems(value)
  return { type: 'list', expression: `(${value.expression} | split(${quoted(separator)}))`, names: ['parts'] }
}

export const textOperations: Readonly<Record<string, Operation>> = { replace, case: changeCase, split }
