/** What follows `as`: variables, arrays and objects of patterns, and alternatives between them. */
import type { Node, Pattern } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { parseQuery, requireKey } from './parser.ts'
import { parseString } from './terms.ts'

export function parsePatterns(cursor: Cursor): Pattern[] {
  const patterns: Pattern[] = []
  do patterns.push(parsePattern(cursor))
  while (cursor.takeOperator('?//'))
  return patterns
}

function parsePattern(cursor: Cursor): Pattern {
  return cursor.nested(() => {
    const token = cursor.peek()
    if (token.kind === 'binding') return { kind: 'variable', name: cursor.next().text }
    if (cursor.takeOperator('[')) return parseArray(cursor)
    if (cursor.takeOperator('{')) return parseObject(cursor)
    return cursor.unexpected("BINDING or '[' or '{'")
  })
}

function parseArray(cursor: Cursor): Pattern {
  const elements: Pattern[] = []
  do elements.push(parsePattern(cursor))
  while (cursor.takeOperator(','))
  cursor.expect(']')
  return { kind: 'array', elements }
}

function parseObject(cursor: Cursor): Pattern {
  const entries: Extract<Pattern, { kind: 'object' }>['entries'] = []
  do {
    const token = cursor.peek()
    if (token.kind === 'binding') {
      cursor.next()
      const key: Node = { kind: 'literal', value: token.text, span: token }
      const pattern = cursor.takeOperator(':') ? parsePattern(cursor) : undefined
      entries.push({ bind: token.text, key, pattern })
    } else {
      const key = parseKey(cursor)
      cursor.expect(':')
      entries.push({ bind: undefined, key, pattern: parsePattern(cursor) })
    }
  } while (cursor.takeOperator(','))
  cursor.expect('}')
  return { kind: 'object', entries }
}

function parseKey(cursor: Cursor): Node {
  const token = cursor.peek()
  if (token.kind === 'name' || token.kind === 'keyword') {
    cursor.next()
    return { kind: 'literal', value: token.text, span: token }
  }
  if (token.kind === 'string' || token.kind === 'format') return parseString(cursor)
  if (!cursor.takeOperator('(')) cursor.unexpected()
  const key = parseQuery(cursor)
  cursor.expect(')')
  requireKey(cursor, key)
  return key
}
