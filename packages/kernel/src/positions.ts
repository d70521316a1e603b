/**
 * YAML text with positions: the value that it stands for, and the line and column of every member of it.
 * Owns the use of the `yaml` package; whether the value makes sense is for others.
 */
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml'
import { splitPointer } from './schema.ts'

export interface Place {
  /** From 1. */
  readonly line: number
  /** From 1. */
  readonly column: number
}

export interface PlacedText {
  readonly value: unknown
  /** What keeps the text from being YAML. */
  readonly errors: readonly (Place & { readonly message: string })[]
  /** Where the member that a JSON pointer names begins: the value, or with `key` the key before it. */
  locate(pointer: string, part?: 'key' | 'value'): Place
}

/** How often one anchor may be repeated, against texts that grow without bound. */
const aliasesMax = 100
/** How many values a text may stand for; anchors of empty values are not counted by the parser. */
const membersMax = 1_000_000

export function parseWithPlaces(text: string): PlacedText {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, prettyErrors: false })
  const placeOf = (offset: number): Place => {
    const { line, col } = lineCounter.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const errors = document.errors.map((error) => ({ ...placeOf(error.pos[0]), message: error.message }))
  const value = errors.length > 0 ? undefined : valueOf(document, errors)
  return {
    value,
    errors,
    locate: (pointer, part = 'value') => placeOf(offsetOf(document, splitPointer(pointer), part)),
  }
}

function valueOf(document: Document, errors: (Place & { message: string })[]): unknown {
  try {
    const value: unknown = document.toJS({ maxAliasCount: aliasesMax })
    if (sizeOf(value, new Map()) <= membersMax) return value
    errors.push({ line: 1, column: 1, message: `Its anchors stand for more than ${membersMax} values` })
    return undefined
  } catch (error) {
    errors.push({ line: 1, column: 1, message: error instanceof Error ? error.message : String(error) })
    return undefined
  }
}

/** How many values a value is made of, written out; what is repeated is counted each time, but looked at once. */
function sizeOf(value: unknown, known: Map<object, number>): number {
  if (typeof value !== 'object' || value === null) return 1
  const before = known.get(value)
  if (before !== undefined) return before
  known.set(value, Infinity) // for what contains itself
  const size = Object.values(value).reduce((sum: number, member) => sum + sizeOf(member, known), 1)
  known.set(value, size)
  return size
}

/** The offset of a member, or of the nearest one around it that is there. */
function offsetOf(document: Document, keys: readonly string[], part: 'key' | 'value'): number {
  let node: unknown = document.contents
  let offset = startOf(node) ?? 0
  for (const [index, key] of keys.entries()) {
    if (isAlias(node)) node = node.resolve(document)
    const last = index === keys.length - 1
    if (isMap(node)) {
      const pair = node.items.find((item) => String(isScalar(item.key) ? item.key.value : item.key) === key)
      if (pair === undefined) return offset
      const keyOffset = startOf(pair.key) ?? offset
      offset = last && part === 'key' ? keyOffset : (startOf(pair.value) ?? keyOffset)
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(key)]
      offset = startOf(node) ?? offset
    } else return offset
  }
  return offset
}

/** Where a node begins; an empty one begins nowhere. */
function startOf(node: unknown): number | undefined {
  if (!isNode(node) || !node.range) return undefined
  const empty = isScalar(node) && node.range[0] === node.range[1]
  return empty ? undefined : node.range[0]
}
