/**
 * How values and places are called in messages.
 */
import { isJsonObject, type Json } from '@nexus/sdk'
import { pointerKeys } from '../pointers.ts'

const shownMax = 40

/** What was found: "the text "5"", "the number 5", "a list", "nothing". */
export function found(value: Json): string {
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  switch (typeof value) {
    case 'string':
      return `the text "${value.length > shownMax ? `${value.slice(0, shownMax)}…` : value}"`
    case 'number':
      return `the number ${value}`
    case 'boolean':
      return String(value)
    default:
      return isJsonObject(value) && Object.keys(value).length === 0 ? 'an empty object' : 'an object'
  }
}

/** A place by its key: "`port`", "item 2 of `arguments`", "the document". */
export function place(pointer: string): string {
  const keys = pointerKeys(pointer)
  const key = keys.at(-1)
  if (key === undefined) return 'the document'
  if (!/^\d+$/.test(key)) return `\`${key}\``
  const holder = keys.at(-2)
  return holder === undefined ? `item ${Number(key) + 1}` : `item ${Number(key) + 1} of \`${holder}\``
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** What to do about a value of the wrong type, where its looks say how it came about. */
export function typeHint(expected: string, value: Json): string | undefined {
  if (typeof value === 'string' && value.includes('${') && expected.includes('${ … }')) {
    return 'An expression is the whole text; put texts into it: `${ "prefix \\(.x)" }`.'
  }
  if (value === null) return 'Nothing stands behind the colon: is the next line indented deeply enough?'
  if (typeof value === 'number' && (expected === 'a text' || expected.startsWith('one of'))) {
    return 'YAML reads it as a number: put it in quotes.'
  }
  if (expected === 'a text' && typeof value === 'boolean')
    return 'YAML reads it as a boolean: put it in quotes.'
  if (expected === 'a text' && isJsonObject(value)) return 'An expression with braces must stand in quotes.'
  if (expected === 'true or false' && typeof value === 'string' && /^(yes|no|on|off)$/i.test(value)) {
    return 'YAML 1.2 has only true and false.'
  }
  if (expected === 'a list' && isJsonObject(value)) return 'Put a dash before each item.'
  return undefined
}
