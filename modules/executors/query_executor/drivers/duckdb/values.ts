/** DuckDB's values, as they come from its process, to JSON; and what is bound, as it goes there. Pure. */
import type { Json } from '@nexus/sdk'
import { JsonDocument, type BoundValue } from '../../driver.ts'
import { binaryJson, decimalJson, documentJson, floatJson, integerJson } from '../../values.ts'
import type { DuckdbBound } from './server.ts'

/** What JSON has no word for; `server.ts` says which there are. */
type Raw =
  | { readonly raw: 'decimal' | 'json' | 'moment'; readonly text: string }
  | { readonly raw: 'struct' | 'map'; readonly entries: readonly (readonly [unknown, unknown])[] }

export function duckdbJson(value: unknown): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'number') return floatJson(value)
  if (typeof value === 'bigint') return integerJson(value)
  if (value instanceof Uint8Array) return binaryJson(value)
  return Array.isArray(value) ? value.map(duckdbJson) : rawJson(value as Raw)
}

function rawJson(value: Raw): Json {
  switch (value.raw) {
    case 'decimal':
      return decimalJson(value.text)
    case 'json':
      return documentJson(value.text)
    case 'moment':
      return momentOf(value.text)
    case 'struct':
      return Object.fromEntries(value.entries.map(([name, entry]) => [String(name), duckdbJson(entry)]))
    case 'map':
      return mapOf(value.entries)
  }
}

/** With its zone only where the value has one: `2025-01-02T03:04:05Z`. */
function momentOf(text: string): Json {
  return text.replace(/^(\S+-\d\d) /, '$1T').replace(/\+00(?::?00)?$/, 'Z')
}

/** An object where the keys are texts, else a list of `{key, value}`. */
function mapOf(entries: readonly (readonly [unknown, unknown])[]): Json {
  if (entries.every(([key]) => typeof key === 'string'))
    return Object.fromEntries(entries.map(([key, value]) => [String(key), duckdbJson(value)]))
  return entries.map(([key, value]) => ({ key: duckdbJson(key), value: duckdbJson(value) }))
}

export function duckdbValue(value: BoundValue): DuckdbBound {
  if (value instanceof JsonDocument) return value.text
  if (Array.isArray(value)) return value.map((item: BoundValue) => duckdbValue(item))
  return value as Exclude<DuckdbBound, readonly DuckdbBound[]>
}
