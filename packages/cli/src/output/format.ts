/**
 * How values look to a person: durations, times, states, tables.
 */
import type { RunStatus } from '@nexus/nexus'
import type { Style, Terminal } from './terminal.ts'

/** 0.4 ms, 12 ms, 3.1 s, 2 min 5 s. */
export function formatDuration(lengthMs: number): string {
  if (lengthMs < 1_000) return `${Math.max(0, Math.round(lengthMs))} ms`
  if (lengthMs < 60_000) return `${(lengthMs / 1_000).toFixed(1)} s`
  const minutes = Math.floor(lengthMs / 60_000)
  return `${minutes} min ${Math.round((lengthMs % 60_000) / 1_000)} s`
}

const looks: Readonly<Record<RunStatus, { readonly sign: string; readonly style: Style }>> = {
  completed: { sign: '✓', style: 'green' },
  faulted: { sign: '✗', style: 'red' },
  cancelled: { sign: '■', style: 'yellow' },
  running: { sign: '▸', style: 'cyan' },
  waiting: { sign: '◷', style: 'cyan' },
  suspended: { sign: '‖', style: 'yellow' },
  pending: { sign: '·', style: 'gray' },
}

export function statusSign(io: Terminal, status: RunStatus): string {
  return io.style(looks[status].style, looks[status].sign)
}

export function statusWord(io: Terminal, status: RunStatus): string {
  return io.style(looks[status].style, status)
}

/** Rows in columns as wide as they need to be; the widths are those of the unstyled text. */
export function table(io: Terminal, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column] ?? '')].map(visibleWidth)),
  )
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - visibleWidth(cell))))
      .join('  ')
      .trimEnd()
  return [io.style('dim', line(head)), ...rows.map(line)].join('\n') + '\n'
}

// oxlint-disable-next-line no-control-regex -- the escape sequences that styles are made of
const escapes = /\u001B\[[0-9;]*m/g

export function visibleWidth(text: string): number {
  return charactersOf(text.replaceAll(escapes, '')).length
}

/** What a reader takes for one character each. */
function charactersOf(text: string): readonly string[] {
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment)
}

/** Cut to a number of columns, with … where something is missing. */
export function clip(text: string, columns: number): string {
  const characters = charactersOf(text)
  return characters.length <= columns ? text : `${characters.slice(0, Math.max(0, columns - 1)).join('')}…`
}

/** JSON for people: indented, and cut when it is long; the whole of it is a `--json` away. */
/**
 * What somebody else wrote, on one line as it is: without what a terminal would obey, and without what turns the order of
 * letters round.
 */
export function plain(text: string): string {
  return shown(text.replaceAll(/[\r\n\t]+/g, ' '))
}

/** The same over several lines. */
export function shown(text: string): string {
  return text.replaceAll(obeyed, (sign) => `\\u${(sign.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`)
}

// oxlint-disable-next-line no-control-regex -- those are the characters that it is about
const obeyed = /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200E\u200F\u202A-\u202E\u2066-\u2069]/g

export function formatJson(value: unknown, linesMax = 30): string {
  const lines = (JSON.stringify(value, null, 2) ?? 'null').split('\n')
  if (lines.length <= linesMax) return lines.join('\n')
  return [...lines.slice(0, linesMax), `… ${lines.length - linesMax} more lines; --json prints all`].join(
    '\n',
  )
}
