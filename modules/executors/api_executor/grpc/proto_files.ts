/**
 * A proto file and what it imports, parsed into one root. Imports are looked for beside the file and below it, never
 * elsewhere; those of google/protobuf are built in. It bounds how many files there are and how large they are together.
 */
import { isJsonObject, TaskFault, type Json } from '@nexus/sdk'
import protobuf from 'protobufjs'
import { placeOf, readResource, type Resource, type ResourceOptions } from '../resource.ts'

const filesMax = 64
const charactersMax = 4_000_000
/** The parser calls itself for what is nested. */
const nestingMax = 100

export async function loadProto(endpoint: Json, options: ResourceOptions): Promise<protobuf.Root> {
  return new ProtoFiles(endpoint, options).load()
}

class ProtoFiles {
  readonly #endpoint: Json
  readonly #options: ResourceOptions
  readonly #root = new protobuf.Root()
  readonly #seen = new Set<string>()
  #characters = 0

  constructor(endpoint: Json, options: ResourceOptions) {
    this.#endpoint = endpoint
    this.#options = options
  }

  async load(): Promise<protobuf.Root> {
    const first = await readResource(this.#endpoint, this.#options, 'text/plain, */*;q=0.5')
    const queue = this.#parse(first)
    this.#seen.add(first.url.pathname.split('/').at(-1) ?? '')
    for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
      if (this.#seen.has(name) || this.#addBuiltIn(name)) continue
      this.#seen.add(name)
      if (this.#seen.size >= filesMax) throw wrongProto(first.url, `it imports more than ${filesMax} files`)
      queue.push(...this.#parse(await this.#import(name, first)))
    }
    try {
      this.#root.resolveAll()
    } catch (error) {
      throw wrongProto(first.url, messageOf(error), error)
    }
    return this.#root
  }

  /** What the file imports. */
  #parse({ url, text }: Resource): string[] {
    this.#characters += text.length
    if (this.#characters > charactersMax)
      throw wrongProto(url, `with its imports it is longer than ${charactersMax / 1_000_000} MB`)
    if (depthOf(text) > nestingMax) throw wrongProto(url, `it is nested deeper than ${nestingMax} levels`)
    try {
      const { imports = [], weakImports = [] } = protobuf.parse(text, this.#root)
      return [...imports, ...weakImports]
    } catch (error) {
      throw wrongProto(url, messageOf(error, url), error)
    }
  }

  /** The well-known types: their files are part of the language, whoever has them or not. */
  #addBuiltIn(name: string): boolean {
    const description = Object.hasOwn(protobuf.common, name) ? protobuf.common.get(name) : undefined
    if (description?.nested === undefined || description.nested === null) return false
    if (!this.#seen.has(name)) this.#root.addJSON(description.nested)
    this.#seen.add(name)
    return true
  }

  async #import(name: string, { url: from, isElsewhere, beside }: Resource): Promise<Resource> {
    const given = beside?.get(name)
    if (given !== undefined) return { url: from, text: given, isElsewhere }
    const folder = URL.parse('.', from)
    const url = folder && URL.parse(name, folder)
    const isBelow = url?.origin === folder?.origin && url?.pathname.startsWith(folder?.pathname ?? '')
    if (!url || isBelow !== true || url.search !== '' || /%2e|%2f|%5c|\\/i.test(name)) {
      throw wrongProto(
        from,
        `it imports "${name}", which is not beside it or below. Only such files are read`,
      )
    }
    const isOurs = !isElsewhere && isJsonObject(this.#endpoint)
    const authentication = isOurs ? this.#endpoint['authentication'] : undefined
    return readResource({ uri: plain(url), ...(authentication && { authentication }) }, this.#options)
  }
}

/** Braces in an address would be taken for variables. */
function plain(url: URL): string {
  return url.href.replaceAll('{', '%7B').replaceAll('}', '%7D')
}

function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (const character of text) {
    if (character === '{' || character === '[' || character === '(' || character === '<') depth++
    else if (character === '}' || character === ']' || character === ')' || character === '>') depth--
    if (depth > deepest) deepest = depth
  }
  return deepest
}

/** Of a file on disk no word is repeated: whoever names it may not be who may read it. */
function messageOf(error: unknown, url?: URL): string {
  const message = error instanceof Error ? error.message : String(error)
  if (url?.protocol !== 'file:') return message
  const line = /\(line (\d+)\)/.exec(message)?.[1]
  return line === undefined ? 'it cannot be parsed' : `line ${line} cannot be parsed`
}

function wrongProto(url: URL, why: string, cause?: unknown): TaskFault {
  return TaskFault.of('configuration', `${placeOf(url)} is not a proto file that can be used: ${why}.`, {
    cause,
  })
}
