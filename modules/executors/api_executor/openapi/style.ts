/**
 * How a parameter's value is written: the styles of OpenAPI 3 (sections "Style Values" and "Style Examples"), which are
 * those of RFC 6570 and a few more, and by them the collection formats of 2.0. Pure. What is nested deeper than a style
 * can say is written as JSON.
 */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { wellFormed } from '../uri_template.ts'

export type Style = 'simple' | 'label' | 'matrix' | 'form' | 'deepObject' | Delimited
type Delimited = 'spaceDelimited' | 'pipeDelimited' | 'tabDelimited'

export interface Writing {
  readonly style: Style
  /** Lists and objects give several pairs, not one. */
  readonly explode: boolean
  /** Writes a name or a text so that it can stand in its place. */
  readonly encode: (text: string) => string
}

const delimiters: Readonly<Record<Delimited, string>> = {
  spaceDelimited: ' ',
  pipeDelimited: '|',
  tabDelimited: '\t',
}

/** For a path or a header: one text. */
export function writeText(name: string, value: Json, writing: Writing): string {
  const { style, explode, encode } = writing
  if (style === 'matrix') return writeMatrix(name, value, writing)
  const separator = style === 'label' && explode ? '.' : ','
  const text = isJsonObject(value)
    ? membersOf(value, encode).map(([key, item]) => key + (explode ? '=' : separator) + item)
    : itemsOf(value, encode)
  return (style === 'label' ? '.' : '') + text.join(separator)
}

/** For a query, a cookie or a form: `name=value`, each part encoded. */
export function writePairs(name: string, value: Json, writing: Writing): string[] {
  const { style, explode, encode } = writing
  const key = encode(name)
  if (style === 'deepObject') return deepPairs(name, value, encode)
  if (typeof value !== 'object' || value === null) return [`${key}=${encode(textOf(value))}`]
  if (explode) {
    if (isJsonObject(value)) return membersOf(value, encode).map((pair) => pair.join('='))
    return itemsOf(value, encode).map((item) => `${key}=${item}`)
  }
  const parts = isJsonObject(value) ? membersOf(value, encode).flat() : itemsOf(value, encode)
  const delimiter = isDelimited(style) ? encodeURIComponent(delimiters[style]) : ','
  return [`${key}=${parts.join(delimiter)}`]
}

function writeMatrix(name: string, value: Json, writing: Writing): string {
  const pairs = writePairs(name, value, { ...writing, style: 'form' })
  return pairs.map((pair) => `;${pair.replace(/=$/, '')}`).join('')
}

/** Objects at any depth; a list gives its name several times. */
function deepPairs(name: string, value: Json, encode: Writing['encode']): string[] {
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([key, item]) => deepPairs(`${name}[${key}]`, item, encode))
  }
  return itemsOf(value, encode).map((item) => `${encode(name)}=${item}`)
}

function membersOf(value: JsonObject, encode: Writing['encode']): [string, string][] {
  return Object.entries(value).flatMap(([key, item]) =>
    item === null ? [] : [[encode(key), encode(textOf(item))]],
  )
}

function itemsOf(value: Json, encode: Writing['encode']): string[] {
  const items: readonly Json[] = Array.isArray(value) ? value : [value]
  return items.filter((item) => item !== null).map((item) => encode(textOf(item)))
}

export function textOf(value: Json): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function isDelimited(style: Style): style is Delimited {
  return Object.hasOwn(delimiters, style)
}

/** Reserved characters stay, but those that would end the value. */
export function encodeLoosely(text: string): string {
  return encodeURI(wellFormed(text)).replaceAll(/[#&+]/g, (letter) => encodeURIComponent(letter))
}
