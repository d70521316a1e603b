/**
 * URI templates, RFC 6570 levels 1 to 3: `{id}`, `{+path}`, `{#part}`, `{.ext}`, `{/a,b}`, `{;a}`, `{?a,b}`, `{&c}`.
 * A variable that has no value is an error here, though the RFC would leave it out: a call to half an address is worse.
 */
import { TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { shownText } from './address.ts'

interface Operator {
  readonly first: string
  readonly separator: string
  readonly isNamed: boolean
  /** Reserved characters stay as they are. */
  readonly keepsReserved: boolean
}

const plain: Operator = { first: '', separator: ',', isNamed: false, keepsReserved: false }
/** RFC 6570, appendix A. */
const operators: Readonly<Record<string, Operator>> = {
  '+': { ...plain, keepsReserved: true },
  '#': { ...plain, first: '#', keepsReserved: true },
  '.': { ...plain, first: '.', separator: '.' },
  '/': { ...plain, first: '/', separator: '/' },
  ';': { ...plain, first: ';', separator: ';', isNamed: true },
  '?': { ...plain, first: '?', separator: '&', isNamed: true },
  '&': { ...plain, first: '&', separator: '&', isNamed: true },
}

/** The template with the values in place of its expressions. */
export function expandTemplate(template: string, values: JsonObject): string {
  return template.replaceAll(/\{([^{}]*)\}/g, (_whole, expression: string) => {
    const operator = operators[expression.charAt(0)]
    const names = (operator ? expression.slice(1) : expression).split(',')
    const { first, separator, isNamed, keepsReserved } = operator ?? plain
    const parts = names.map((name) => {
      const value = valueOf(name, { template, values })
      const text = keepsReserved ? encodeURI(wellFormed(value)) : encodeStrictly(value)
      if (!isNamed) return text
      return text === '' && separator === ';' ? name : `${name}=${text}`
    })
    return first + parts.join(separator)
  })
}

function valueOf(name: string, { template, values }: { template: string; values: JsonObject }): string {
  if (!/^[A-Za-z0-9_.%]+$/.test(name)) {
    throw TaskFault.of(
      'configuration',
      `"{${name}}" in ${shownText(template)} is not a variable of a URI template.`,
    )
  }
  const value: Json | undefined = Object.hasOwn(values, name) ? values[name] : undefined
  if (value === '.' || value === '..') {
    throw TaskFault.of(
      'configuration',
      `Variable "${name}" of ${shownText(template)} is "${value}", which would lead out of its place in the path.`,
    )
  }
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const why = value === undefined || value === null ? 'has no value' : 'is not a text, a number or a boolean'
  const known = Object.keys(values).join(', ') || 'none'
  throw TaskFault.of(
    'configuration',
    `Variable "${name}" of ${shownText(template)} ${why}. It is looked for in the task’s input, which has: ${known}.`,
  )
}

/** Half of a character cannot be written as bytes. */
export function wellFormed(text: string): string {
  if (text.isWellFormed()) return text
  throw TaskFault.of(
    'validation',
    `${JSON.stringify(text)} cannot be in an address: there is half of a character (a lone surrogate) in it.`,
  )
}

/** All but the unreserved characters of RFC 3986. */
export function encodeStrictly(text: string): string {
  return encodeURIComponent(wellFormed(text)).replaceAll(
    /[!'()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}
