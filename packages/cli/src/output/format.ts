/**
 * How values look to a person: durations, times, states, tables.
 */
import type { RunStatus } from '@nexus/nexus'
import { jsonText, type Style } from './terminal_text.ts'
import type { Terminal } from './terminal.ts'

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

/** JSON for people: indented, and cut when it is long; the whole of it is a `--json` away. */
export function formatJson(value: unknown, linesMax = 30): string {
  const lines = jsonText(value).split('\n')
  if (lines.length <= linesMax) return lines.join('\n')
  return [...lines.slice(0, linesMax), `… ${lines.length - linesMax} more lines; --json prints all`].join(
    '\n',
  )
}
