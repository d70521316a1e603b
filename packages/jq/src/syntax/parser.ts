/**
 * Tokens to a syntax tree, by precedence climbing.
 *
 * From loosest to tightest: `def`, `as` and `label` bodies and `|` (right), `,` (left), `//` (right), assignments
 * (no chaining), `or`, `and`, comparisons (no chaining), `+ -`, `* / %`, then terms with their suffixes.
 */
import { JqSyntaxError } from '../errors.ts'
import { describe } from '../values/print.ts'
import type { Definition, Module, Node, Parameter, Span } from './ast.ts'
import { Cursor } from './cursor.ts'
import { parseImports } from './imports.ts'
import { lex, type Token } from './lexer.ts'
import { parsePatterns } from './patterns.ts'
import { parseTerm } from './terms.ts'

type BinaryKind = Extract<Node, { kind: 'binary' }>['operator']
type AssignKind = Extract<Node, { kind: 'assign' }>['operator']

const COMPARISONS: readonly string[] = ['==', '!=', '<', '<=', '>', '>=']
const ASSIGNMENTS: readonly string[] = ['=', '|=', '+=', '-=', '*=', '/=', '%=', '//=']

export function parseModule(source: string, file?: string): Module {
  const cursor = new Cursor(source, lex(source, file), file)
  const first = cursor.peek()
  const metadata = cursor.takeKeyword('module') ? parseMetadata(cursor, 'Module') : undefined
  const imports = parseImports(cursor)
  const definitions: Definition[] = []
  while (cursor.isKeyword('def')) definitions.push(parseDefinition(cursor))
  if (cursor.peek().kind === 'end') return { metadata, imports, definitions, body: undefined }
  const token = cursor.peek()
  if (token === first && !startsQuery(token)) cursor.unexpected('end of file')
  const body = parseQuery(cursor)
  if (cursor.peek().kind !== 'end') cursor.unexpected()
  return { metadata, imports, definitions, body }
}

function startsQuery(token: Token): boolean {
  return token.kind !== 'operator' || '.([{-$..'.includes(token.text)
}

function parseMetadata(cursor: Cursor, what: string): Node {
  const node = parseQuery(cursor)
  cursor.expect(';')
  requireConstantObject(cursor, node, what)
  return node
}

/** jq accepts as metadata only an object that is constant as written. */
export function requireConstantObject(cursor: Cursor, node: Node, what: string): void {
  if (!isConstant(node)) cursor.failAt(`${what} metadata must be constant`, node.span)
  if (node.kind !== 'object') cursor.failAt(`${what} metadata must be an object`, node.span)
}

export function isConstant(node: Node): boolean {
  if (node.kind === 'literal') return true
  if (node.kind === 'text') return node.parts.every((part) => typeof part === 'string')
  if (node.kind === 'array') return node.body === undefined || isConstant(node.body)
  if (node.kind === 'comma') return isConstant(node.left) && isConstant(node.right)
  return (
    node.kind === 'object' && node.entries.every((entry) => isConstant(entry.key) && isConstant(entry.value))
  )
}

/** A whole query: pipes, commas, definitions, bindings, labels. */
export function parseQuery(cursor: Cursor): Node {
  return cursor.nested(() => parsePipe(cursor))
}

function parsePipe(cursor: Cursor): Node {
  const stages: Node[] = []
  do stages.push(parseComma(cursor))
  while (cursor.takeOperator('|'))
  return stages.reduceRight((right, left) => ({ kind: 'pipe', left, right, span: join(left, right) }))
}

function parseComma(cursor: Cursor): Node {
  let left = parseStage(cursor)
  while (cursor.takeOperator(',')) {
    const right = parseStage(cursor)
    left = { kind: 'comma', left, right, span: join(left, right) }
  }
  return left
}

function parseStage(cursor: Cursor): Node {
  const start = cursor.peek()
  if (cursor.isKeyword('def')) {
    const definition = parseDefinition(cursor)
    const body = parseQuery(cursor)
    return { kind: 'define', definition, body, span: cursor.since(start) }
  }
  if (cursor.takeKeyword('label')) {
    const name = cursor.expectKind('binding').text
    cursor.expect('|')
    const body = parseQuery(cursor)
    return { kind: 'label', name, body, span: cursor.since(start) }
  }
  const source = parseExpression(cursor)
  if (!cursor.takeKeyword('as')) return source
  const patterns = parsePatterns(cursor)
  cursor.expect('|')
  const body = parseQuery(cursor)
  return { kind: 'bind', source, patterns, body, span: cursor.since(start) }
}

export function parseDefinition(cursor: Cursor): Definition {
  const start = cursor.peek()
  cursor.expectKeyword('def')
  const name = cursor.expectKind('name').text
  const parameters: Parameter[] = []
  if (cursor.takeOperator('(')) {
    do {
      const isValue = cursor.peek().kind === 'binding'
      parameters.push({ name: cursor.expectKind(isValue ? 'binding' : 'name').text, isValue })
    } while (cursor.takeOperator(';'))
    cursor.expect(')')
  }
  cursor.expect(':')
  const body = parseQuery(cursor)
  cursor.expect(';')
  return { name, parameters, body, span: cursor.since(start) }
}

/** An expression without pipes and commas. */
export function parseExpression(cursor: Cursor): Node {
  return cursor.nested(() => parseAlternative(cursor))
}

function parseAlternative(cursor: Cursor): Node {
  const operands = [parseAssignment(cursor)]
  while (cursor.takeOperator('//')) operands.push(parseAssignment(cursor))
  return operands.reduceRight((right, left) => ({
    kind: 'alternative',
    left,
    right,
    span: join(left, right),
  }))
}

/** The right side binds tighter than `//`, so that `.a = .b // 1` is `(.a = .b) // 1`, as in jq. */
function parseAssignment(cursor: Cursor): Node {
  const left = parseOr(cursor)
  const operator = cursor.takeOneOf(ASSIGNMENTS)
  if (!isAssignment(operator)) return left
  const right = parseOr(cursor)
  if (cursor.isOneOf(ASSIGNMENTS)) cursor.unexpected()
  return { kind: 'assign', operator, left, right, span: join(left, right) }
}

function isAssignment(operator: string | undefined): operator is AssignKind {
  return operator !== undefined
}

function parseOr(cursor: Cursor): Node {
  let left = parseAnd(cursor)
  while (cursor.takeKeyword('or')) {
    const right = parseAnd(cursor)
    left = { kind: 'or', left, right, span: join(left, right) }
  }
  return left
}

function parseAnd(cursor: Cursor): Node {
  let left = parseComparison(cursor)
  while (cursor.takeKeyword('and')) {
    const right = parseComparison(cursor)
    left = { kind: 'and', left, right, span: join(left, right) }
  }
  return left
}

function parseComparison(cursor: Cursor): Node {
  const left = parseArithmetic(cursor, ADDITIVE)
  const operator = cursor.takeOneOf(COMPARISONS)
  if (!isBinary(operator)) return left
  const right = parseArithmetic(cursor, ADDITIVE)
  if (cursor.isOneOf(COMPARISONS)) cursor.unexpected()
  return { kind: 'binary', operator, left, right, span: join(left, right) }
}

const ADDITIVE: readonly string[] = ['+', '-']
const MULTIPLICATIVE: readonly string[] = ['*', '/', '%']

function parseArithmetic(cursor: Cursor, operators: readonly string[]): Node {
  const operand = () => (operators === ADDITIVE ? parseArithmetic(cursor, MULTIPLICATIVE) : parseTerm(cursor))
  let left = operand()
  for (;;) {
    const operator = cursor.takeOneOf(operators)
    if (!isBinary(operator)) return left
    const right = operand()
    left = { kind: 'binary', operator, left, right, span: join(left, right) }
  }
}

function isBinary(operator: string | undefined): operator is BinaryKind {
  return operator !== undefined
}

export function join(left: Node, right: Node): Span {
  return { start: left.span.start, end: right.span.end }
}

/** Fails at compile time when a parenthesised key is a constant that is not a string. */
export function requireKey(cursor: Cursor, key: Node): void {
  if (key.kind !== 'literal' || typeof key.value === 'string') return
  throw new JqSyntaxError(
    `Cannot use ${describe(key.value)} as object key`,
    cursor.source,
    key.span,
    cursor.file,
  )
}
