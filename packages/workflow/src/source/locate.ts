/**
 * Where the parts of a document stand in its text: keys, values, and places inside a text value.
 */
import { isAlias, isMap, isScalar, isSeq, type Document, type Pair, type Scalar } from 'yaml'
import { pointerKeys } from '../pointers.ts'
import { sourceOffset } from './scalar_offset.ts'

export class Locator {
  readonly #document: Document.Parsed
  readonly #text: string

  constructor(document: Document.Parsed, text: string) {
    this.#document = document
    this.#text = text
  }

  /** Of a pointer that leads nowhere, the range of the nearest part around it. */
  range(pointer: string, part: 'key' | 'value'): readonly [number, number] {
    const { pair, value } = this.#find(pointer)
    const key = rangeOf(pair?.key)
    if (part === 'key' && key) return key
    return rangeOf(value) ?? key ?? [0, 1]
  }

  /** Where a place inside the text value at `pointer` stands; the value's start where that cannot be told. */
  inside(pointer: string, offset: number): number {
    const { value } = this.#find(pointer)
    const [start] = rangeOf(value) ?? [0, 1]
    if (!isScalar(value) || typeof value.value !== 'string') return start
    return sourceOffset(this.#text, value as Scalar<string>, offset) ?? start
  }

  #find(pointer: string): { pair: Pair | undefined; value: unknown } {
    let value: unknown = this.#document.contents
    let pair: Pair | undefined
    for (const key of pointerKeys(pointer)) {
      const holder = isAlias(value) ? value.resolve(this.#document) : value
      const found = isMap(holder) ? holder.items.find((item) => keyText(item.key) === key) : undefined
      const item: unknown = isSeq(holder) ? holder.items[Number(key)] : undefined
      if (found === undefined && item === undefined) return { pair, value }
      if (found) pair = found
      value = found ? (found.value ?? found.key) : item
    }
    return { pair, value }
  }
}

function keyText(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined
  return typeof key.value === 'string' ? key.value : key.source
}

function rangeOf(node: unknown): readonly [number, number] | undefined {
  const range = isScalar(node) || isMap(node) || isSeq(node) || isAlias(node) ? node.range : undefined
  return range ? [range[0], Math.max(range[1], range[0])] : undefined
}
