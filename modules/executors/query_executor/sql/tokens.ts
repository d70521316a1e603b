/**
 * The tokens of a statement, as far as parameters, keywords and the ends of statements go. Strings, quoted names and
 * comments are passed over as the dialect has them. It decides nothing about what is safe: values are bound by the
 * engine, wherever a parameter is found.
 */
import type { Dialect } from './dialect.ts'

export interface Token {
  readonly kind: TokenKind
  /** As written. */
  readonly text: string
  readonly from: number
  readonly to: number
}

export type TokenKind = 'word' | 'parameter' | 'symbol' | 'quoted'

/** Whatever is neither space nor comment, in order. */
export function tokensOf(sql: string, dialect: Dialect): Token[] {
  const tokens: Token[] = []
  const patterns = patternsOf(dialect)
  for (let from = 0; from < sql.length;) {
    const { kind, to } = tokenAt(sql, from, patterns)
    if (kind !== 'space') tokens.push({ kind, text: sql.slice(from, to), from, to })
    from = to
  }
  return tokens
}

interface Pattern {
  readonly kind: TokenKind | 'space' | 'nested_comment'
  readonly pattern: RegExp
}

function tokenAt(
  sql: string,
  from: number,
  patterns: readonly Pattern[],
): { kind: TokenKind | 'space'; to: number } {
  for (const { kind, pattern } of patterns) {
    pattern.lastIndex = from
    if (!pattern.test(sql)) continue
    if (kind === 'nested_comment') return { kind: 'space', to: endOfNestedComment(sql, from) }
    return { kind, to: pattern.lastIndex }
  }
  return { kind: 'symbol', to: from + 1 }
}

function endOfNestedComment(sql: string, from: number): number {
  const marks = /\/\*|\*\//g
  marks.lastIndex = from
  let depth = 0
  for (let mark = marks.exec(sql); mark !== null; mark = marks.exec(sql)) {
    depth += mark[0] === '/*' ? 1 : -1
    if (depth === 0) return marks.lastIndex
  }
  return sql.length
}

/** What is not closed goes on to the end: the engine will say so. */
const doubled = (quote: string): RegExp =>
  new RegExp(`${quote}(?:[^${quote}]|${quote}${quote})*${quote}?`, 'y')
const escaped = (quote: string): RegExp =>
  new RegExp(`${quote}(?:[^${quote}\\\\]|\\\\[^]|${quote}${quote})*${quote}?`, 'y')

/** Before a space, a control character or the end. */
// oxlint-disable-next-line no-control-regex -- MySQL means them
const spacedDashes = /--(?=[\u0000-\u0020\u007F]|$(?![^]))[^\n]*/y

/** In the order in which they are tried. */
function patternsOf(dialect: Dialect): readonly Pattern[] {
  const string = dialect.backslashEscapes ? escaped : doubled
  const patterns: (Pattern | false)[] = [
    { kind: 'space', pattern: /\s+/y },
    { kind: 'space', pattern: dialect.spacedDashes ? spacedDashes : /--[^\n]*/y },
    dialect.hashComments && { kind: 'space', pattern: /#[^\n]*/y },
    dialect.nestedComments
      ? { kind: 'nested_comment', pattern: /\/\*/y }
      : { kind: 'space', pattern: /\/\*[^]*?(?:\*\/|$(?![^]))/y },
    dialect.dollarQuotes && { kind: 'quoted', pattern: /[eE]'(?:[^'\\]|\\[^]|'')*'?/y },
    { kind: 'quoted', pattern: string("'") },
    { kind: 'quoted', pattern: string('"') },
    dialect.backticks && { kind: 'quoted', pattern: doubled('`') },
    dialect.brackets && { kind: 'quoted', pattern: /\[[^\]]*\]?/y },
    dialect.dollarQuotes && { kind: 'quoted', pattern: /\$([A-Za-z_]\w*)?\$[^]*?(?:\$\1\$|$(?![^]))/y },
    { kind: 'word', pattern: /[\p{L}_][\p{L}\p{N}_$]*/uy },
    { kind: 'symbol', pattern: /\d[\w.]*/y },
    { kind: 'symbol', pattern: /::/y },
    { kind: 'parameter', pattern: /\$\w+/y },
    { kind: 'parameter', pattern: /:[A-Za-z_]\w*/y },
    dialect.looseParameters && { kind: 'parameter', pattern: /\?\d*/y },
    dialect.atParameters && { kind: 'parameter', pattern: /@[A-Za-z_]\w*/y },
    { kind: 'symbol', pattern: /[^]/uy },
  ]
  return patterns.filter((pattern) => pattern !== false)
}
