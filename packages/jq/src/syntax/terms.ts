/** Terms: literals, paths, brackets, control structures, calls, and the suffixes that may follow any of them. */
import type { Node } from './ast.ts'
import type { Cursor } from './cursor.ts'
import { parseObjectTerm } from './objects.ts'
import { parseExpression, parseQuery } from './parser.ts'
import { parsePatterns } from './patterns.ts'

/** Kinds whose span is where their name stands. */
const NAMES: ReadonlySet<string> = new Set(['call', 'variable', 'break'])

const QUOTE_HINT = 'try .["field"] instead of .field for unusually named fields'

export function parseTerm(cursor: Cursor): Node {
  return cursor.nested(() => parseSuffixes(cursor, parseHead(cursor)))
}

function parseHead(cursor: Cursor): Node {
  const token = cursor.peek()
  switch (token.kind) {
    case 'number':
      cursor.next()
      return { kind: 'literal', value: token.value, span: token }
    case 'string':
      return parseString(cursor)
    case 'format':
      if (cursor.peek(1).kind === 'string') return parseString(cursor)
      cursor.next()
      return { kind: 'format', name: token.text, span: token }
    case 'field': {
      const target: Node = { kind: 'identity', span: token }
      return { kind: 'index', target, key: fieldKey(cursor), optional: cursor.takeOperator('?'), span: token }
    }
    case 'binding':
      return parseVariable(cursor)
    case 'name':
      return parseCall(cursor)
    case 'keyword':
      return parseKeyword(cursor, token.text)
    case 'operator':
      return parseOperator(cursor, token.text)
    default:
      return cursor.unexpected()
  }
}

function fieldKey(cursor: Cursor): Node {
  const token = cursor.next()
  return { kind: 'literal', value: token.text, span: token }
}

function parseVariable(cursor: Cursor): Node {
  const token = cursor.next()
  if (token.text !== '__loc__') return { kind: 'variable', name: token.text, span: token }
  return { kind: 'literal', value: location(cursor, token.start), span: token }
}

/** What `$__loc__` is at an offset. */
export function location(cursor: Cursor, offset: number): { file: string; line: number } {
  return { file: cursor.file ?? '<top-level>', line: cursor.source.slice(0, offset).split('\n').length }
}

function parseCall(cursor: Cursor): Node {
  const token = cursor.next()
  if (token.text === 'true' || token.text === 'false') {
    return { kind: 'literal', value: token.text === 'true', span: token }
  }
  if (token.text === 'null') return { kind: 'literal', value: null, span: token }
  const args: Node[] = []
  if (cursor.takeOperator('(')) {
    do args.push(parseQuery(cursor))
    while (cursor.takeOperator(';'))
    cursor.expect(')')
  }
  return { kind: 'call', name: token.text, args, span: token }
}

function parseKeyword(cursor: Cursor, keyword: string): Node {
  const start = cursor.next()
  switch (keyword) {
    case 'if':
      return { ...parseIf(cursor), span: cursor.since(start) }
    case 'try': {
      const body = parseTerm(cursor)
      const handler = cursor.takeKeyword('catch') ? parseTerm(cursor) : undefined
      return { kind: 'try', body, handler, span: cursor.since(start) }
    }
    case 'reduce':
    case 'foreach':
      return { ...parseFold(cursor, keyword), span: cursor.since(start) }
    case 'break': {
      if (cursor.peek().kind !== 'binding') cursor.failAt('break requires a label to break to', start)
      const name = cursor.next().text
      return { kind: 'break', name, span: cursor.since(start) }
    }
    default:
      return cursor.failAt(`syntax error, unexpected ${keyword}`, start)
  }
}

function parseIf(cursor: Cursor): Node {
  const start = cursor.peek()
  const condition = parseQuery(cursor)
  cursor.expectKeyword('then')
  const then = parseQuery(cursor)
  let otherwise: Node | undefined
  if (cursor.takeKeyword('elif')) otherwise = cursor.nested(() => parseIf(cursor))
  else {
    if (cursor.takeKeyword('else')) otherwise = parseQuery(cursor)
    if (!cursor.takeKeyword('end')) cursor.unexpected()
  }
  return { kind: 'if', condition, then, otherwise, span: cursor.since(start) }
}

function parseFold(cursor: Cursor, kind: 'reduce' | 'foreach'): Node {
  const span = cursor.peek()
  const source = parseExpression(cursor)
  cursor.expectKeyword('as')
  const patterns = parsePatterns(cursor)
  cursor.expect('(')
  const init = parseQuery(cursor)
  cursor.expect(';')
  const update = parseQuery(cursor)
  const extract = kind === 'foreach' && cursor.takeOperator(';') ? parseQuery(cursor) : undefined
  cursor.expect(')')
  const fold = { source, patterns, init, update, span }
  return kind === 'reduce' ? { kind, ...fold } : { kind, ...fold, extract }
}

function parseOperator(cursor: Cursor, operator: string): Node {
  const start = cursor.peek()
  switch (operator) {
    case '.':
      return parseDot(cursor)
    case '..':
      cursor.next()
      return { kind: 'call', name: 'recurse', args: [], span: start }
    case '-': {
      cursor.next()
      const operand = parseTerm(cursor)
      return { kind: 'negate', operand, span: cursor.since(start) }
    }
    case '(': {
      cursor.next()
      const body = parseQuery(cursor)
      cursor.expect(')')
      return NAMES.has(body.kind) ? body : { ...body, span: cursor.since(start) }
    }
    case '[': {
      cursor.next()
      const body = cursor.isOperator(']') ? undefined : parseQuery(cursor)
      cursor.expect(']')
      return { kind: 'array', body, span: cursor.since(start) }
    }
    case '{':
      return parseObjectTerm(cursor)
    default:
      return cursor.unexpected()
  }
}

function parseDot(cursor: Cursor): Node {
  const dot = cursor.next()
  const target: Node = { kind: 'identity', span: dot }
  const next = cursor.peek()
  if (next.kind === 'string' || (next.kind === 'format' && cursor.peek(1).kind === 'string')) {
    const key = parseString(cursor)
    return { kind: 'index', target, key, optional: cursor.takeOperator('?'), span: cursor.since(dot) }
  }
  if (next.kind === 'name' || next.kind === 'keyword') {
    if (next.start === dot.end || next.kind === 'name') cursor.failAt(QUOTE_HINT, dot)
  }
  return target
}

function parseSuffixes(cursor: Cursor, head: Node): Node {
  let target = head
  for (;;) {
    const token = cursor.peek()
    if (token.kind === 'field') {
      const key = fieldKey(cursor)
      target = {
        kind: 'index',
        target,
        key,
        optional: cursor.takeOperator('?'),
        span: cursor.since(head.span),
      }
    } else if (cursor.isOperator('?')) {
      cursor.next()
      target = { kind: 'try', body: target, handler: undefined, span: cursor.since(head.span) }
    } else if (cursor.isOperator('[')) target = parseBracket(cursor, target)
    else if (cursor.isOperator('.') && cursor.peek(1).text === '[') {
      cursor.next()
      target = parseBracket(cursor, target)
    } else if (cursor.isOperator('.') && ['string', 'format'].includes(cursor.peek(1).kind)) {
      cursor.next()
      const key = parseString(cursor)
      target = {
        kind: 'index',
        target,
        key,
        optional: cursor.takeOperator('?'),
        span: cursor.since(head.span),
      }
    } else return target
  }
}

function parseBracket(cursor: Cursor, target: Node): Node {
  cursor.expect('[')
  const finish = () => {
    cursor.expect(']')
    return { optional: cursor.takeOperator('?'), span: cursor.since(target.span) }
  }
  if (cursor.isOperator(']')) return { kind: 'iterate', target, ...finish() }
  if (cursor.takeOperator(':')) {
    const to = parseQuery(cursor)
    return { kind: 'slice', target, from: undefined, to, ...finish() }
  }
  const key = parseQuery(cursor)
  if (!cursor.takeOperator(':')) return { kind: 'index', target, key, ...finish() }
  const to = cursor.isOperator(']') ? undefined : parseQuery(cursor)
  return { kind: 'slice', target, from: key, to, ...finish() }
}

/** A string literal, with or without a format in front; without interpolation it is a plain literal. */
export function parseString(cursor: Cursor): Node {
  const start = cursor.peek()
  const format = start.kind === 'format' ? cursor.next().text : 'text'
  const token = cursor.next()
  if (token.kind !== 'string')
    return cursor.failAt('syntax error, unexpected token where a string was expected', token)
  const parts = token.parts.map((part) =>
    typeof part === 'string' ? part : cursor.within(part, () => parseQuery(cursor)),
  )
  const span = cursor.since(start)
  if (parts.every((part) => typeof part === 'string')) return { kind: 'literal', value: parts.join(''), span }
  return { kind: 'text', format, parts, span }
}
