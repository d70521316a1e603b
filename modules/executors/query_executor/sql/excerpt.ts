/** Where in the SQL something is: line and column from 1, the line itself, and a caret below. Pure. */

const lineShownMax = 120

export function excerpt(sql: string, offset: number): string {
  const at = Math.max(0, Math.min(offset, sql.length))
  const before = sql.slice(0, at).split('\n')
  const lineStart = at - (before.at(-1)?.length ?? 0)
  const [line = ''] = sql.slice(lineStart).split('\n', 1)
  const column = Array.from(sql.slice(lineStart, at)).length
  const skipped = Math.max(0, column - lineShownMax / 2)
  const shown = Array.from(line)
    .slice(skipped, skipped + lineShownMax)
    .join('')
    .replaceAll('\t', ' ')
  return `  at line ${before.length}, column ${column + 1}:\n    ${shown}\n    ${' '.repeat(column - skipped)}^`
}

/** The one place where the SQL has these words, if it has one; `line`, from 1, says which where there are several. */
export function placeOf(sql: string, words: string, line?: number): number | undefined {
  if (words === '') return undefined
  const pieces = sql.split(words).slice(0, -1)
  const places = pieces.map((_piece, index) => pieces.slice(0, index + 1).join(words).length)
  const onLine = places.filter((at) => line === undefined || sql.slice(0, at).split('\n').length === line)
  if (onLine.length === 1) return onLine[0]
  return line === undefined ? undefined : onLine[0]
}
