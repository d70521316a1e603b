/** Object construction: `{a, b: 1, "c": 2, "x\(1)", $v, $v: 3, (f): g, @base64 "d": 4, $__loc__}`. */
import type { Node } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { parseExpression, parseQuery, requireKey } from './parser.ts'
import { location, parseString } from './terms.ts'
import type { Token } from './lexer.ts'

interface Entry {
  key: Node
  value: Node
}

export function parseObjectTerm(cursor: Cursor): Node {
  const start = cursor.peek()
  cursor.expect('{')
  const entries: Entry[] = []
  while (!cursor.isOperator('}')) {
    if (cursor.peek().kind === 'end') cursor.failAt('syntax error, unexpected end of file', start)
    entries.push(parseEntry(cursor))
    if (!cursor.takeOperator(',')) break
  }
  if (cursor.peek().kind === 'end') cursor.failAt('syntax error, unexpected end of file', start)
  cursor.expect('}')
  return { kind: 'object', entries, span: cursor.since(start) }
}

function parseEntry(cursor: Cursor): Entry {
  const token = cursor.peek()
  switch (token.kind) {
    case 'name':
    case 'keyword': {
      cursor.next()
      const key: Node = { kind: 'literal', value: token.text, span: token }
      return { key, value: parseValue(cursor) ?? member(token, key) }
    }
    case 'string':
    case 'format': {
      const key = parseString(cursor)
      return { key, value: parseValue(cursor) ?? member(token, key) }
    }
    case 'binding':
      return parseBindingEntry(cursor, token)
    default:
      return parseOtherEntry(cursor, token)
  }
}

function parseBindingEntry(cursor: Cursor, token: Token): Entry {
  cursor.next()
  const variable: Node =
    token.text === '__loc__'
      ? { kind: 'literal', value: { ...location(cursor, token.start) }, span: token }
      : { kind: 'variable', name: token.text, span: token }
  const value = parseValue(cursor)
  if (value !== undefined) return { key: variable, value }
  return { key: { kind: 'literal', value: token.text, span: token }, value: variable }
}

function parseOtherEntry(cursor: Cursor, token: Token): Entry {
  if (cursor.takeOperator('(')) {
    const key = parseQuery(cursor)
    cursor.expect(')')
    requireKey(cursor, key)
    const value = parseValue(cursor)
    if (value === undefined) return cursor.unexpected()
    return { key, value }
  }
  if (
    token.kind !== 'number' &&
    !cursor.isOperator('-') &&
    !cursor.isOperator('.') &&
    token.kind !== 'field'
  ) {
    return cursor.unexpected()
  }
  const key = parseExpression(cursor)
  if (cursor.isOperator(':')) cursor.failAt('May need parentheses around object key expression', key.span)
  return cursor.unexpected()
}

function member(token: Token, key: Node): Node {
  return { kind: 'index', target: { kind: 'identity', span: token }, key, optional: false, span: token }
}

/** The value after a colon: expressions joined by `|`, without commas. */
function parseValue(cursor: Cursor): Node | undefined {
  if (!cursor.takeOperator(':')) return undefined
  const left = parseExpression(cursor)
  if (!cursor.isOperator('|')) return left
  const stages = [left]
  while (cursor.takeOperator('|')) stages.push(parseExpression(cursor))
  return stages.reduceRight((right, stage) => ({
    kind: 'pipe',
    left: stage,
    right,
    span: { start: stage.span.start, end: right.span.end },
  }))
}
