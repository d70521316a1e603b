/**
 * The tables and files that a `query.sql` reads and writes, by a light look at its SQL: the names behind FROM, JOIN,
 * INTO, UPDATE and their like. It checks nothing.
 */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { looksLikePath } from './path.ts'
import type { Found } from './resources.ts'

const token =
  /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|`[^`]*(?:`|$)|\[[^\]\n]*\]|[A-Za-z_][\w$]*|[\s\S]/g

export function queryResources(given: JsonObject, found: Found): void {
  const files = given['files'] !== undefined && isJsonObject(given['files']) ? given['files'] : {}
  for (const file of Object.values(files)) if (typeof file === 'string') found.read('file', file)
  const { query } = given
  if (typeof query !== 'string' || query.trimStart().startsWith('${')) return
  const place = placeOf(given['connection'])
  const name = (table: string): string => (place === '' ? table : `${place}/${table}`)
  const { reads, writes, texts } = tablesIn(query)
  const isFile = (table: string): boolean => Object.hasOwn(files, table)
  for (const table of reads) if (!isFile(table)) found.read('table', name(table))
  for (const table of writes) if (!isFile(table)) found.write('table', name(table))
  for (const { path, written } of texts) found[written ? 'write' : 'read']('file', path)
}

/** A connection by its name, or by what it is made of. */
function placeOf(connection: Json | undefined): string {
  if (typeof connection === 'string') return connection
  if (connection === undefined || !isJsonObject(connection)) return ''
  const { file, url, driver } = connection
  return [file, url, driver].find((part) => typeof part === 'string') ?? ''
}

interface Tables {
  readonly reads: Set<string>
  readonly writes: Set<string>
  /** Files that are named in texts, as by `read_csv('a.csv')` and `COPY … TO 'b.csv'`. */
  readonly texts: { path: string; written: boolean }[]
}

const reading = new Set(['from', 'join', 'using'])
const writing = new Set(['into', 'update', 'table', 'truncate', 'view'])
const noise = new Set(['if', 'not', 'exists', 'only', 'lateral', 'or', 'replace', 'ignore', 'table'])
const clause = new Set(
  'where group order having limit on set values select union join left right inner outer full cross natural from using into update delete insert window offset returning as'.split(
    ' ',
  ),
)

function tablesIn(query: string): Tables {
  const parts = [...query.matchAll(token)]
    .map(([part]) => part)
    .filter((part) => !/^(?:\s|--|\/\*)/.test(part))
  const tables: Tables = { reads: new Set(), writes: new Set(), texts: [] }
  const named = new Set<string>()
  for (let at = 0; at < parts.length; at++) {
    const word = (parts[at] ?? '').toLowerCase()
    const before = (parts[at - 1] ?? '').toLowerCase()
    if (word === 'as' && parts[at + 1] === '(') named.add(unquoted(before))
    if (word.startsWith("'")) text(parts, at, tables)
    else if (writing.has(word) && before !== 'for') names(parts, at + 1, tables.writes)
    else if (word === 'from' && before === 'delete') names(parts, at + 1, tables.writes)
    else if (reading.has(word)) names(parts, at + 1, tables.reads, true)
  }
  for (const name of named) tables.reads.delete(name)
  return tables
}

/** How many words behind a clause are looked at, so that the time stays linear. */
const partsMax = 256

/** The names that stand from here on, with commas between them. */
function names(parts: readonly string[], begin: number, into: Set<string>, isRead = false): void {
  let at = begin
  const end = begin + partsMax
  while (at < end) {
    while (at < end && noise.has((parts[at] ?? '').toLowerCase())) at++
    const name: string[] = []
    while (at < end) {
      const part = parts[at] ?? ''
      if (!/^["`[A-Za-z_]/.test(part) || clause.has(part.toLowerCase())) break
      name.push(unquoted(part))
      if (parts[++at] !== '.') break
      at++
    }
    // A name with parentheses is a function that is read from, and a table that is written to.
    if (name.length === 0 || (isRead && parts[at] === '(')) break
    into.add(name.join('.'))
    if ((parts[at] ?? '').toLowerCase() === 'as') at++
    if (/^["`A-Za-z_]/.test(parts[at] ?? '') && !clause.has((parts[at] ?? '').toLowerCase())) at++
    if (parts[at] !== ',') break
    at++
  }
}

function text(parts: readonly string[], at: number, { texts }: Tables): void {
  const path = unquoted(parts[at] ?? '')
  if (!looksLikePath(path)) return
  const before = (parts[at - 1] ?? '').toLowerCase()
  const isFunction = before === '(' && /^(?:read|scan)_|_scan$/i.test(parts[at - 2] ?? '')
  if (before === 'to') texts.push({ path, written: true })
  else if (before === 'from' || before === 'join' || isFunction) texts.push({ path, written: false })
}

/** Unquoted names mean the same in capitals. */
function unquoted(part: string): string {
  return /^["'`[]/.test(part) ? part.slice(1, -1) : part.toLowerCase()
}
