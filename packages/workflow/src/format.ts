/**
 * Problems as a compiler shows them: where, what, the line with a mark under the place, and what to do.
 */
import type { Problem } from './positions.ts'

export interface FormatOptions {
  /** ANSI colours; none by default. */
  readonly color?: boolean
  /** How many problems are shown; the rest is counted. */
  readonly shownMax?: number
}

const shownMaxDefault = 20

export function formatProblems(
  problems: readonly Problem[],
  source: { readonly text: string; readonly file: string },
  options: FormatOptions = {},
): string {
  const { shownMax = shownMaxDefault } = options
  const paint = options.color ? colored : plain
  const lines = source.text.split(/\r?\n/)
  const shown = problems
    .slice(0, shownMax)
    .map((problem) => formatProblem(problem, lines, source.file, paint))
  const rest = problems.length - shown.length
  if (rest > 0) shown.push(`… and ${rest} more ${rest === 1 ? 'problem' : 'problems'}.`)
  return shown.join('\n\n')
}

type Style = 'error' | 'warning' | 'faint' | 'strong'
type Paint = (style: Style, text: string) => string

const codes: Readonly<Record<Style, string>> = { error: '31;1', warning: '33;1', faint: '2', strong: '1' }
const plain: Paint = (_style, text) => text
const colored: Paint = (style, text) => `\u001B[${codes[style]}m${text}\u001B[0m`

function formatProblem(problem: Problem, lines: readonly string[], file: string, paint: Paint): string {
  const { severity, start, message, hint } = problem
  const head = `${paint('strong', `${file}:${start.line}:${start.column}`)} ${paint(severity, severity)}  ${shownText(message)}`
  const parts = [head, ...excerpt(problem, lines, paint)]
  if (hint !== undefined) parts.push(`  ${paint('faint', 'hint:')} ${shownText(hint)}`)
  return parts.join('\n')
}

/** Columns of source that are shown at most, so that one long line does not fill the screen. */
const excerptColumnsMax = 110

function excerpt({ start, end, severity }: Problem, lines: readonly string[], paint: Paint): string[] {
  const line = lines[start.line - 1]
  if (line === undefined) return []
  const from = start.column > excerptColumnsMax - 20 ? start.column - 40 : 0
  const text = line.slice(from, from + excerptColumnsMax)
  const before = text.slice(0, start.column - 1 - from).replaceAll(/[^\t]/g, ' ')
  const endColumn = end.line === start.line ? end.column : line.trimEnd().length + 1
  const width = Math.max(1, Math.min(endColumn - start.column, from + text.length - start.column + 1))
  const number = String(start.line)
  const margin = ' '.repeat(number.length)
  return [
    `  ${paint('faint', `${number} |`)} ${shownText(text)}`,
    `  ${paint('faint', `${margin} |`)} ${before}${paint(severity, '^'.repeat(width))}`,
  ]
}

// oxlint-disable-next-line eslint/no-control-regex -- control characters are what this looks for.
const controls = /[\u0000-\u0008\u000A-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069]/g

/** Control characters of a hostile file must not reach the terminal. */
function shownText(text: string): string {
  return text.replaceAll(controls, '·').trimEnd()
}
