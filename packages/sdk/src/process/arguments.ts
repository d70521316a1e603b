/** How the parts of a process are read that `run.script` and `run.shell` share. Pure; it runs nothing. */
import { TaskFault } from '../errors.ts'
import type { Json } from '../json.ts'
import { returnModes, type ReturnMode } from './result.ts'

export function readReturn(value: Json): ReturnMode {
  const mode = returnModes.find((known) => known === value)
  if (mode === undefined) throw wrongArgument('return', `one of ${returnModes.join(', ')}`)
  return mode
}

/** A text, number or boolean as the system takes it: neither a list nor a character that ends it early. */
export function readScalar(value: Json, place: string): string {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (typeof value !== 'string') throw wrongArgument(place, 'a text, a number or a boolean')
  if (value.includes('\0')) throw wrongArgument(place, 'a text without NUL characters')
  return value
}

/** Standard input: a text as it is, any other value as JSON. */
export function asText(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

export function wrongArgument(place: string, expected: string): TaskFault {
  return TaskFault.of('validation', `run: ${place} must be ${expected}.`)
}
