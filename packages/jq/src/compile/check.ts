/**
 * Checks that every name in a program means something, once for each place in the text, whether or not it runs.
 *
 * It also learns which of the caller's variables are mentioned and whether the program asks for anything but its
 * input. It builds nothing: the resolver can then inline without looking twice.
 */
import { isBuiltin } from '../builtins/catalog.ts'
import { JqSyntaxError } from '../errors.ts'
import { Decimal } from '../values/decimal.ts'
import type { Definition, Node, Pattern, Span } from '../syntax/ast.ts'

const IMPURE: ReadonlySet<string> = new Set([
  'now/0',
  'localtime/0',
  'strflocaltime/1',
  'input/0',
  'inputs/0',
  'env/0',
  'input_line_number/0',
  'input_filename/0',
])

interface Scope {
  readonly kind: 'variable' | 'function' | 'label'
  readonly name: string
  readonly up: Scope | undefined
  /** Set on the caller's variables, which are counted when mentioned. */
  readonly isGlobal?: boolean
}

export class Checker {
  readonly references = new Set<string>()
  usesClock = false
  /** Whether the text holds or parses numbers that a double may not hold. */
  makesDecimals = false
  readonly #source: string
  readonly #file: string | undefined

  constructor(source: string, file: string | undefined) {
    this.#source = source
    this.#file = file
  }

  definition(definition: Definition, scope: Scope | undefined): Scope {
    const self = functionScope(scope, definition.name, definition.parameters.length)
    let inner: Scope | undefined = self
    for (const { name, isValue } of definition.parameters) {
      inner = functionScope(inner, name, 0)
      if (isValue) inner = variableScope(inner, name)
    }
    this.node(definition.body, inner)
    return self
  }

  node(node: Node, scope: Scope | undefined): void {
    switch (node.kind) {
      case 'literal':
        this.makesDecimals ||= node.value instanceof Decimal
        return
      case 'call':
        for (const arg of node.args) this.node(arg, scope)
        return this.#call(`${node.name}/${node.args.length}`, node.span, scope)
      case 'variable':
        return this.#variable(node.name, node.span, scope)
      case 'break':
        if (find(scope, 'label', node.name) === undefined)
          this.#fail(`$*label-${node.name} is not defined`, node.span)
        return
      case 'label':
        return this.node(node.body, { kind: 'label', name: node.name, up: scope })
      case 'define':
        return this.node(node.body, this.definition(node.definition, scope))
      case 'bind':
        this.node(node.source, scope)
        return this.node(node.body, this.#patterns(node.patterns, scope))
      case 'reduce':
      case 'foreach': {
        this.node(node.source, scope)
        this.node(node.init, scope)
        const inner = this.#patterns(node.patterns, scope)
        this.node(node.update, inner)
        if (node.kind === 'foreach' && node.extract !== undefined) this.node(node.extract, inner)
        return
      }
      default:
        for (const child of plainChildren(node)) this.node(child, scope)
    }
  }

  #patterns(patterns: Pattern[], scope: Scope | undefined): Scope | undefined {
    let inner = scope
    const visit = (pattern: Pattern): void => {
      if (pattern.kind === 'variable') inner = variableScope(inner, pattern.name)
      else if (pattern.kind === 'array') pattern.elements.forEach(visit)
      else {
        for (const entry of pattern.entries) {
          this.node(entry.key, scope)
          if (entry.bind !== undefined) inner = variableScope(inner, entry.bind)
          if (entry.pattern !== undefined) visit(entry.pattern)
        }
      }
    }
    patterns.forEach(visit)
    return inner
  }

  #call(signature: string, span: Span, scope: Scope | undefined): void {
    if (find(scope, 'function', signature) !== undefined) return
    if (!isBuiltin(signature)) this.#fail(`${signature} is not defined`, span)
    if (IMPURE.has(signature)) this.usesClock = true
    if (signature === 'fromjson/0' || signature === 'tonumber/0') this.makesDecimals = true
  }

  #variable(name: string, span: Span, scope: Scope | undefined): void {
    const found = find(scope, 'variable', name)
    if (found?.isGlobal === true) this.references.add(name)
    if (found !== undefined) return
    if (name !== 'ENV' && name !== '__prog_args') this.#fail(`$${name} is not defined`, span)
    this.usesClock = true
  }

  #fail(reason: string, span: Span): never {
    throw new JqSyntaxError(reason, this.#source, span, this.#file)
  }
}

export function functionScope(up: Scope | undefined, name: string, arity: number): Scope {
  return { kind: 'function', name: `${name}/${arity}`, up }
}

export function variableScope(up: Scope | undefined, name: string, isGlobal = false): Scope {
  return { kind: 'variable', name, up, isGlobal }
}

function find(scope: Scope | undefined, kind: Scope['kind'], name: string): Scope | undefined {
  for (let at = scope; at !== undefined; at = at.up) if (at.kind === kind && at.name === name) return at
  return undefined
}

function plainChildren(node: Node): Node[] {
  switch (node.kind) {
    case 'text':
      return node.parts.filter((part) => typeof part !== 'string')
    case 'index':
      return [node.key, node.target]
    case 'slice':
      return [node.target, node.from, node.to].filter((child) => child !== undefined)
    case 'iterate':
      return [node.target]
    case 'negate':
      return [node.operand]
    case 'pipe':
    case 'comma':
    case 'and':
    case 'or':
    case 'alternative':
    case 'binary':
    case 'assign':
      return [node.left, node.right]
    case 'try':
      return node.handler === undefined ? [node.body] : [node.body, node.handler]
    case 'if':
      return [node.condition, node.then, ...(node.otherwise === undefined ? [] : [node.otherwise])]
    case 'array':
      return node.body === undefined ? [] : [node.body]
    case 'object':
      return node.entries.flatMap((entry) => [entry.key, entry.value])
    default:
      return []
  }
}

/** Whether a definition's text mentions its own name with its own arity; a shadowed mention counts too. */
export function mentionsItself(definition: Definition): boolean {
  const { name, parameters } = definition
  const visit = (node: Node): boolean => {
    switch (node.kind) {
      case 'call':
        return (node.name === name && node.args.length === parameters.length) || node.args.some(visit)
      case 'define':
        return visit(node.definition.body) || visit(node.body)
      case 'label':
        return visit(node.body)
      case 'bind':
        return visit(node.source) || visit(node.body) || node.patterns.some(visitPattern)
      case 'reduce':
        return [node.source, node.init, node.update].some(visit) || node.patterns.some(visitPattern)
      case 'foreach':
        return (
          [node.source, node.init, node.update, ...(node.extract === undefined ? [] : [node.extract])].some(
            visit,
          ) || node.patterns.some(visitPattern)
        )
      default:
        return plainChildren(node).some(visit)
    }
  }
  const visitPattern = (pattern: Pattern): boolean => {
    if (pattern.kind === 'variable') return false
    if (pattern.kind === 'array') return pattern.elements.some(visitPattern)
    return pattern.entries.some(
      (entry) => visit(entry.key) || (entry.pattern !== undefined && visitPattern(entry.pattern)),
    )
  }
  return visit(definition.body)
}
