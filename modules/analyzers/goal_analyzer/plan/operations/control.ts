/** Waiting, failing on purpose, and giving a result a name. */
import type { Compiler, Operation } from '../compiler.ts'
import { textIn, valueIn } from '../slots.ts'
import { literal } from '../values.ts'

const wait: Operation = (compiler, { slots }) => {
  const milliseconds = Number(valueIn(slots, 'duration') ?? 0)
  compiler.plan.addPlain({ name: 'wait', capability: 'wait', definition: { wait: { milliseconds } } })
  return undefined
}

const fail: Operation = (compiler, { slots }) => {
  raise(compiler, textIn(slots, 'message') ?? 'The goal says to fail here.')
  return undefined
}

export function raise(compiler: Compiler, message: string): void {
  const error = {
    type: 'https://open-workflow-specification.org/spec/1.0.0/errors/runtime',
    status: 500,
    title: 'Goal failed',
    detail: literal(message),
  }
  compiler.plan.addPlain({ name: 'fail', capability: 'raise', definition: { raise: { error } } })
}

const name: Operation = (compiler, phrase) => {
  const value = compiler.subject(phrase)
  const named = (textIn(phrase.slots, 'name') ?? '').toLowerCase()
  compiler.values = compiler.values.map((one) =>
    one.expression === value.expression ? { ...one, names: [named, ...one.names] } : one,
  )
  return { ...value, names: [named, ...value.names] }
}

export const controlOperations: Readonly<Record<string, Operation>> = { wait, fail, name }
