/**
 * A document as a tree that can hold what no parsed value can: the same member twice, a member named `__proto__`,
 * numbers that are none. Pure; a change gives a new tree.
 */

export type Tree = Leaf | Branch

/** A scalar as it stands in the text: `"a"`, `5`, `.nan`. */
export interface Leaf {
  readonly kind: 'leaf'
  readonly text: string
}

export interface Branch {
  readonly kind: 'map' | 'list'
  readonly members: readonly Member[]
}

/** The names of a list's members are empty. */
export interface Member {
  readonly name: string
  readonly value: Tree
}

/** A member of a branch: where it stands, as the indexes that lead there from the root. */
export interface Place extends Member {
  readonly at: readonly number[]
}

export const leaf = (text: string): Leaf => ({ kind: 'leaf', text })

export function treeOf(value: unknown): Tree {
  if (typeof value !== 'object' || value === null) return leaf(JSON.stringify(value) ?? 'null')
  if (Array.isArray(value)) {
    return { kind: 'list', members: value.map((item: unknown) => ({ name: '', value: treeOf(item) })) }
  }
  return {
    kind: 'map',
    members: Object.entries(value).map(([name, member]) => ({ name, value: treeOf(member) })),
  }
}

/** Every member of the tree, the outer before the inner. */
export function placesOf(tree: Tree, at: readonly number[] = []): readonly Place[] {
  if (tree.kind === 'leaf') return []
  return tree.members.flatMap((member, index) => {
    const here = [...at, index]
    return [{ ...member, at: here }, ...placesOf(member.value, here)]
  })
}

/** Puts other members, or none, in the place of one. */
export function replaceMember(tree: Tree, at: readonly number[], members: readonly Member[]): Tree {
  const [index = 0, ...rest] = at
  if (tree.kind === 'leaf') return tree
  const { [index]: member } = tree.members
  if (!member) return tree
  const replaced =
    rest.length === 0 ? members : [{ ...member, value: replaceMember(member.value, rest, members) }]
  return { ...tree, members: tree.members.toSpliced(index, 1, ...replaced) }
}

/** As JSON, which is YAML too, a member a line. Whoever put no JSON into the leaves gets none. */
export function textOf(tree: Tree, indent = ''): string {
  if (tree.kind === 'leaf') return tree.text
  const [open, close] = tree.kind === 'map' ? ['{', '}'] : ['[', ']']
  if (tree.members.length === 0) return open + close
  const inner = `${indent}  `
  const lines = tree.members.map(({ name, value }) => {
    const text = textOf(value, inner)
    return `${inner}${tree.kind === 'map' ? `${JSON.stringify(name)}: ${text}` : text}`
  })
  return `${open}\n${lines.join(',\n')}\n${indent}${close}`
}
