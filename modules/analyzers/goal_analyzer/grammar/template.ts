/**
 * The small language in which patterns say what they match: `(read|load) [the file] {what:operand} @in {in:operand}`.
 * Words stand for themselves, `@name` for any phrase of that class, `(a|b)` for one of several, `[a]` for what may be
 * left out, `{name:type}` for a slot. Parsed once, when patterns are loaded.
 */
export type TemplateNode =
  | { readonly kind: 'word'; readonly word: string }
  | { readonly kind: 'class'; readonly name: string }
  | { readonly kind: 'slot'; readonly name: string; readonly type: string }
  | { readonly kind: 'sequence' | 'choice'; readonly nodes: readonly TemplateNode[] }
  | { readonly kind: 'optional'; readonly node: TemplateNode }

export class TemplateError extends Error {
  override readonly name = 'TemplateError'
}

export function parseTemplate(template: string): TemplateNode {
  const parts = template.match(/\{[^}]*\}|@[a-z_]+|[()[\]|]|[^\s()[\]|{}@]+|\S/g) ?? []
  const state = { parts, at: 0 }
  const node = choice(state)
  if (state.at < parts.length) throw new TemplateError(`“${parts[state.at]}” stands alone in “${template}”.`)
  return node
}

interface State {
  readonly parts: readonly string[]
  at: number
}

function choice(state: State): TemplateNode {
  const nodes = [sequence(state)]
  while (state.parts[state.at] === '|') {
    state.at += 1
    nodes.push(sequence(state))
  }
  const [only] = nodes
  return nodes.length === 1 && only ? only : { kind: 'choice', nodes }
}

function sequence(state: State): TemplateNode {
  const nodes: TemplateNode[] = []
  for (
    let part = state.parts[state.at];
    part !== undefined && !'|)]'.includes(part);
    part = state.parts[state.at]
  ) {
    state.at += 1
    nodes.push(element(part, state))
  }
  return { kind: 'sequence', nodes }
}

function element(part: string, state: State): TemplateNode {
  if (part === '(' || part === '[') {
    const node = choice(state)
    const close = part === '(' ? ')' : ']'
    if (state.parts[state.at] !== close) throw new TemplateError(`A “${part}” has no “${close}”.`)
    state.at += 1
    return part === '(' ? node : { kind: 'optional', node }
  }
  if (part.startsWith('@') && part.length > 1) return { kind: 'class', name: part.slice(1) }
  if (part.startsWith('{')) return slot(part)
  return { kind: 'word', word: part.toLowerCase() }
}

function slot(part: string): TemplateNode {
  const found = /^\{([a-z][a-z0-9_]*)(?::([a-z]+))?\}$/.exec(part)
  if (found?.[1] === undefined) throw new TemplateError(`“${part}” is no slot. Write {name:type}.`)
  return { kind: 'slot', name: found[1], type: found[2] ?? found[1] }
}

export function* nodesOf(node: TemplateNode): Generator<TemplateNode> {
  yield node
  if (node.kind === 'optional') yield* nodesOf(node.node)
  else if (node.kind === 'sequence' || node.kind === 'choice')
    for (const inner of node.nodes) yield* nodesOf(inner)
}
