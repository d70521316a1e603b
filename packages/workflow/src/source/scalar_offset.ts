/**
 * From a place inside a text value to its place in the file. YAML folds lines, drops indentation and reads escapes;
 * this walks along source and value side by side, so that a column inside an expression becomes a column of the file.
 */
import type { Scalar } from 'yaml'

/** The offset in `text` of the `offset`th UTF-16 unit of the scalar's value; undefined where they do not match up. */
export function sourceOffset(text: string, scalar: Scalar<string>, offset: number): number | undefined {
  const [start = 0, end = 0] = scalar.range ?? []
  switch (scalar.type) {
    case 'BLOCK_LITERAL':
    case 'BLOCK_FOLDED':
      return alongBlock(text, scalar.value, start, end, offset)
    case 'QUOTE_DOUBLE':
      return along(
        { text, value: scalar.value, from: start + 1, end: end - 1, unit: escaped, skipIndent: flowIndent },
        offset,
      )
    case 'QUOTE_SINGLE':
      return along(
        {
          text,
          value: scalar.value,
          from: start + 1,
          end: end - 1,
          unit: doubledQuote,
          skipIndent: flowIndent,
        },
        offset,
      )
    default:
      return along(
        { text, value: scalar.value, from: start, end, unit: single, skipIndent: flowIndent },
        offset,
      )
  }
}

interface Walk {
  readonly text: string
  readonly value: string
  readonly from: number
  readonly end: number
  /** How many units of source stand for the next unit of value; 0 when they stand for nothing. */
  readonly unit: (text: string, at: number) => number
  /** From the start of a line to where its content begins. */
  readonly skipIndent: (text: string, at: number) => number
}

function along({ text, value, from, end, unit, skipIndent }: Walk, offset: number): number | undefined {
  let source = from
  let place = 0
  while (source < end) {
    const width = unit(text, source)
    const here = text[source]
    const isFold = here === '\n' && value[place] === ' '
    const stands = width > 1 || (width === 1 && (here === value[place] || isFold))
    if (stands && place === offset) return source
    if (stands) place++
    source += width === 0 ? 2 : width
    if (here === '\n' || width === 0) source = skipIndent(text, source)
  }
  return place === offset ? source : undefined
}

const single = (): number => 1

function doubledQuote(text: string, at: number): number {
  return text[at] === "'" && text[at + 1] === "'" ? 2 : 1
}

const hexDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

function escaped(text: string, at: number): number {
  if (text[at] !== '\\') return 1
  const next = text[at + 1] ?? ''
  return next === '\n' ? 0 : 2 + (hexDigits[next] ?? 0)
}

function flowIndent(text: string, at: number): number {
  let here = at
  while (text[here] === ' ' || text[here] === '\t') here++
  return here
}

function alongBlock(
  text: string,
  value: string,
  start: number,
  end: number,
  offset: number,
): number | undefined {
  const firstLine = text.indexOf('\n', start) + 1
  if (firstLine === 0) return undefined
  const indent = blockIndent(text, start, firstLine, end)
  if (indent === undefined) return undefined
  const skipIndent = (of: string, at: number): number => {
    let here = at
    while (here < at + indent && of[here] === ' ') here++
    return here
  }
  return along({ text, value, from: skipIndent(text, firstLine), end, unit: single, skipIndent }, offset)
}

/** The indentation that the block loses: that of its first line with content. Not told where the author gave it. */
function blockIndent(text: string, start: number, firstLine: number, end: number): number | undefined {
  if (/^[|>][+-]?[1-9]/.test(text.slice(start, firstLine))) return undefined
  return /^( *)[^ \r\n]/m.exec(text.slice(firstLine, end))?.[1]?.length
}
