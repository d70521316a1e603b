/**
 * From YAML nodes to JSON values, refusing what JSON cannot hold: keys that are not texts, duplicate keys, numbers
 * without end, tags, aliases that hold themselves. What an alias stands for is shared, never copied, and counted.
 */
import {
  isAlias,
  isMap,
  isPair,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml'
import type { Json } from '@nexus/sdk'
import { memberPointer } from '../pointers.ts'
import { documentDepthMax } from './read_yaml.ts'
import type { Finding, Report } from './report.ts'

/** Values in the document with every alias written out. */
export const documentValuesMax = 200_000

/** The JSON value of a document; a part that has none is null, with a problem reported. */
export function toJson(root: Node | null, report: Report): Json {
  return new Conversion(report).value(root, '')
}

interface Anchored {
  readonly value: Json
  readonly size: number
  /** Levels below it. */
  readonly height: number
}

class Conversion {
  readonly #report: Report
  /** What each anchor stands for at this point of the text; `open` while its own node is being read. */
  readonly #anchors = new Map<string, Anchored | 'open'>()
  #size = 0
  #depth = 0
  #deepest = 0

  constructor(report: Report) {
    this.#report = report
  }

  value(node: unknown, pointer: string): Json {
    if (node === null || node === undefined) return null
    if (isAlias(node)) return this.#alias(node.source, node, pointer)
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined
    if (anchor !== undefined) return this.#anchored(anchor, node, pointer)
    this.#size++
    this.#deepest = Math.max(this.#deepest, ++this.#depth)
    const value = this.#plain(node, pointer)
    this.#depth--
    return value
  }

  /** Reads a node with an anchor, and how large and how high it is for the aliases of it. */
  #anchored(anchor: string, node: unknown, pointer: string): Json {
    const before = this.#size++
    const deepestBefore = this.#deepest
    this.#anchors.set(anchor, 'open')
    this.#deepest = ++this.#depth
    const value = this.#plain(node, pointer)
    const height = this.#deepest - this.#depth--
    this.#anchors.set(anchor, { value, size: this.#size - before, height })
    this.#deepest = Math.max(deepestBefore, this.#deepest)
    return value
  }

  #plain(node: unknown, pointer: string): Json {
    if (isScalar(node)) return this.#scalar(node, pointer)
    if (isMap(node)) return this.#map(node, pointer)
    if (isSeq(node)) return this.#list(node, pointer)
    return null
  }

  #alias(name: string, node: Node, pointer: string): Json {
    const anchored = this.#anchors.get(name)
    if (anchored === undefined) {
      return this.#refuse(
        node,
        pointer,
        'unknown_anchor',
        `There is no anchor \`&${name}\` before this alias.`,
      )
    }
    if (anchored === 'open') {
      return this.#refuse(node, pointer, 'cyclic_alias', `The alias \`*${name}\` holds itself.`)
    }
    this.#size += anchored.size
    const depth = this.#depth + anchored.height + 1
    this.#deepest = Math.max(this.#deepest, depth)
    if (depth > documentDepthMax) {
      const message = `With its aliases written out the document is nested deeper than ${documentDepthMax} levels.`
      return this.#refuse(node, pointer, 'document_too_large', message)
    }
    if (this.#size <= documentValuesMax) return anchored.value
    const message = `With its aliases written out the document has more than ${documentValuesMax} values.`
    return this.#refuse(node, pointer, 'document_too_large', message)
  }

  #scalar(node: Scalar, pointer: string): Json {
    const { value, tag } = node
    if (tag !== undefined && !tag.startsWith('tag:yaml.org,2002:')) {
      return this.#refuse(node, pointer, 'yaml_tag', `Tags such as \`${tag}\` are not read.`)
    }
    if (typeof value === 'number' && !Number.isFinite(value)) {
      return this.#refuse(
        node,
        pointer,
        'not_json',
        `${node.source ?? value} is not a number that JSON can hold.`,
      )
    }
    if (typeof value === 'string' || typeof value === 'boolean' || typeof value === 'number') return value
    return value === null ? null : this.#refuse(node, pointer, 'not_json', 'This value is not JSON.')
  }

  #list(node: YAMLSeq, pointer: string): Json {
    if (node.tag !== undefined && node.tag !== 'tag:yaml.org,2002:seq') {
      return this.#refuse(node, pointer, 'yaml_tag', `Tags such as \`${node.tag}\` are not read.`)
    }
    return node.items.map((item, index) => {
      const member = memberPointer(pointer, index)
      return isPair(item) ? this.#pairs([item], node, member) : this.value(item, member)
    })
  }

  #map(node: YAMLMap, pointer: string): Json {
    if (node.tag !== undefined && node.tag !== 'tag:yaml.org,2002:map') {
      return this.#refuse(node, pointer, 'yaml_tag', `Tags such as \`${node.tag}\` are not read.`)
    }
    return this.#pairs(node.items, node, pointer)
  }

  #pairs(pairs: readonly Pair[], holder: Node, pointer: string): Json {
    const object: Record<string, Json> = {}
    for (const pair of pairs) {
      const key = this.#key(pair, holder, object, pointer)
      if (key !== undefined) object[key] = this.value(pair.value, memberPointer(pointer, key))
    }
    return object
  }

  /** The key as a text, or undefined with the reason reported. */
  #key(
    pair: Pair,
    holder: Node,
    object: Readonly<Record<string, Json>>,
    pointer: string,
  ): string | undefined {
    const key = keyText(pair.key)
    const problem = keyProblem(key, pair.key, object)
    if (!problem) return key
    const [start, end] = (isNode(pair.key) ? pair.key.range : holder.range) ?? [0, 1]
    this.#report.at(start, end, problem, pointer)
    return undefined
  }

  #refuse(node: Node, pointer: string, code: string, message: string): null {
    const [start, end] = node.range ?? [0, 1]
    this.#report.at(start, end, { code, message }, pointer)
    return null
  }
}

/** A scalar key as it is written: YAML's numbers and booleans are texts as keys. */
function keyText(key: unknown): string | undefined {
  if (!isScalar(key) || key.value === null) return undefined
  return typeof key.value === 'string' ? key.value : key.source
}

function keyProblem(
  key: string | undefined,
  node: unknown,
  object: Readonly<Record<string, Json>>,
): Finding | undefined {
  if (key === undefined) {
    return { code: 'key_not_text', message: 'A key must be a text.', hint: 'Put it in quotes.' }
  }
  if (key === '__proto__') return { code: 'key_not_allowed', message: 'The key `__proto__` is not allowed.' }
  if (key === '<<' && isScalar(node) && node.type === 'PLAIN') {
    return {
      code: 'merge_key',
      message: 'Merge keys (`<<`) are of YAML 1.1 and not read.',
      hint: 'Write the keys out, or use an alias as the value of a key.',
    }
  }
  if (!Object.hasOwn(object, key)) return undefined
  return {
    code: 'duplicate_key',
    message: `The key \`${key}\` is there twice.`,
    hint: 'Remove one, or rename it.',
  }
}

function isNode(value: unknown): value is Node {
  return isScalar(value) || isMap(value) || isSeq(value) || isAlias(value)
}
