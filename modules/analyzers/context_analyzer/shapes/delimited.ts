/** The shape of CSV and TSV (RFC 4180, and the other delimiters that people use): delimiter, columns, rows. Pure. */
import type { JsonObject } from '@nexus/sdk'
import { clip } from '../clip.ts'
import { told, typeOfAll, typeOfText, type Telling } from './types.ts'

const rowsMax = 1_000
const columnsMax = 100
const delimiters = [',', ';', '\t', '|'] as const

export function delimitedShape(text: string, complete: boolean, telling: Telling): JsonObject {
  const delimiter = delimiterOf(text)
  const { rows, rest } = parse(text, delimiter)
  if (!complete && !rest && rows.length > 1) rows.pop() // the last one is cut
  const [first = []] = rows
  const hasHeader = isHeader(first)
  const body = hasHeader ? rows.slice(1) : rows
  const count = Math.max(0, ...rows.map((row) => row.length))
  const columns = Array.from({ length: Math.min(count, columnsMax) }, (_, index) => {
    const values = body.map((row) => row[index] ?? '')
    const name = hasHeader ? (first[index]?.trim() ?? '') : ''
    return { name: clip(name || `column_${index + 1}`), type: typeOfAll(values), ...told(values, telling) }
  })
  const uneven = rows.filter((row) => row.length !== first.length).length
  return {
    delimiter,
    header: hasHeader,
    columns,
    ...(count > columnsMax && { columns_left_off: count - columnsMax }),
    rows_sampled: body.length,
    rows_complete: complete && !rest,
    ...(uneven > 0 && { rows_uneven: uneven }),
  }
}

/** The one that the first lines have most evenly. */
function delimiterOf(text: string): string {
  const lines = text
    .slice(0, 65_536)
    .split(/\r?\n/, 21)
    .filter((line) => line !== '')
  const scored = delimiters.map((delimiter) => {
    const counts = lines.map((line) => line.replaceAll(/"[^"]*"/g, '').split(delimiter).length - 1)
    const [first = 0] = counts
    const even = counts.filter((count) => count === first).length
    return { delimiter, score: first === 0 ? 0 : (even / counts.length) * 1_000 + Math.min(first, 100) }
  })
  return scored.reduce((best, each) => (each.score > best.score ? each : best)).delimiter
}

/** A row of different names, none of which is a number or a date. */
function isHeader(row: readonly string[]): boolean {
  const named = row.map((cell) => cell.trim()).filter((cell) => cell !== '')
  const isText = named.every((cell) => ['text', 'boolean'].includes(typeOfText(cell)))
  return named.length > 0 && isText && new Set(named).size === named.length
}

const quote = '"'

/** `rest`: whether there are more rows than were read. */
function parse(text: string, delimiter: string): { rows: string[][]; rest: boolean } {
  const rows: string[][] = []
  let row: string[] = []
  let at = 0
  while (at < text.length) {
    if (rows.length > rowsMax) return { rows, rest: true }
    const { cell, next } = readCell(text, at, delimiter)
    row.push(cell)
    at = next + 1
    if (text[next] === delimiter && at < text.length) continue
    if (text[next] === delimiter) row.push('')
    if (text[next] === '\r' && text[at] === '\n') at++
    if (row.length > 1 || row[0] !== '') rows.push(row)
    row = []
  }
  return { rows, rest: false }
}

/** A cell from `at`, and where the delimiter or the end of the line stands after it. */
function readCell(text: string, at: number, delimiter: string): { cell: string; next: number } {
  if (text[at] !== quote) {
    const next = endOf(text, at, delimiter)
    return { cell: text.slice(at, next), next }
  }
  const pieces: string[] = []
  let from = at + 1
  for (;;) {
    const end = text.indexOf(quote, from)
    if (end === -1) return { cell: pieces.join('') + text.slice(from), next: text.length }
    pieces.push(text.slice(from, end))
    if (text[end + 1] !== quote) {
      const next = endOf(text, end + 1, delimiter)
      return { cell: pieces.join('') + text.slice(end + 1, next), next }
    }
    pieces.push(quote)
    from = end + 2
  }
}

function endOf(text: string, from: number, delimiter: string): number {
  let at = from
  while (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r') at++
  return at
}
