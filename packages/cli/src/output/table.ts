/**
 * Rows in columns as wide as they need to be. On a terminal that is too narrow for them, texts that may be are shortened,
 * and then columns left out, so that each row stays one line; what goes into a file or a pipe is always whole. Pure.
 */
import type { Terminal } from './terminal.ts'
import { clip, plain, visibleWidth } from './terminal_text.ts'

/** Columns by their titles. Without it a table is never narrowed. */
export interface Narrowing {
  /** Those whose texts may be shortened. */
  readonly shorten: readonly string[]
  /** Those that may be left out, the least important first. */
  readonly drop: readonly string[]
}

const gap = 2
/** The least that a shortened text is given, before a column is left out for it. */
const shortenedColumnsMin = 10

export function table(
  io: Terminal,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  narrowing: Narrowing = { shorten: [], drop: [] },
): string {
  const lines = [head, ...rows.map((row) => row.map(plain))]
  const columns = head.map((title, index) => ({
    title,
    index,
    width: Math.max(...lines.map((line) => visibleWidth(line[index] ?? ''))),
  }))
  const fitting = io.interactive ? narrowed(columns, narrowing, io.columns - 1) : columns
  const [titles = '', ...texts] = lines.map((line) => lineOf(line, fitting))
  return `${[io.style('dim', titles), ...texts].join('\n')}\n`
}

interface Column {
  readonly title: string
  readonly index: number
  readonly width: number
}

function lineOf(cells: readonly string[], columns: readonly Column[]): string {
  return columns
    .map(({ index, width }) => {
      const cell = clip(cells[index] ?? '', width)
      return cell + ' '.repeat(width - visibleWidth(cell))
    })
    .join(' '.repeat(gap))
    .trimEnd()
}

function narrowed(
  columns: readonly Column[],
  { shorten, drop }: Narrowing,
  widthMax: number,
): readonly Column[] {
  const over = columns.reduce((sum, { width }) => sum + width + gap, -gap) - widthMax
  if (over <= 0) return columns
  const short = shortened(columns, shorten, over)
  const [least, ...others] = drop
  if (short !== undefined || least === undefined) return short ?? columns
  return narrowed(
    columns.filter(({ title }) => title !== least),
    { shorten, drop: others },
    widthMax,
  )
}

/** Takes from the widest first. Undefined where that is not enough. */
function shortened(
  columns: readonly Column[],
  shorten: readonly string[],
  over: number,
): readonly Column[] | undefined {
  if (over <= 0) return columns
  const [widest] = columns
    .filter(({ title, width }) => shorten.includes(title) && width > shortenedColumnsMin)
    .toSorted((a, b) => b.width - a.width)
  if (!widest) return undefined
  const width = Math.max(shortenedColumnsMin, widest.width - over)
  const rest = columns.map((column) => (column === widest ? { ...column, width } : column))
  return shortened(rest, shorten, over - (widest.width - width))
}
