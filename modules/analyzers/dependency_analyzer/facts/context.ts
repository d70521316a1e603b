/** What an `export` makes of the context. Where its expression says nothing that is understood, it writes all of it. */
import { isJsonObject, type Json } from '@nexus/sdk'

/** The members that it writes, or undefined for all; whether those that it does not write are gone. */
export interface ContextWrite {
  readonly keys: readonly string[] | undefined
  readonly replaces: boolean
}

export function contextWriteOf(as: Json | undefined): ContextWrite | undefined {
  if (as === undefined) return undefined
  if (isJsonObject(as)) return { keys: Object.keys(as), replaces: true }
  if (typeof as !== 'string') return { keys: undefined, replaces: true }
  const text = unwrapped(as)
  const added = /^\$context\s*[+*]\s*(?=\{)/.exec(text)?.[0]
  const keys = text[added?.length ?? 0] === '{' ? keysOf(text.slice(added?.length ?? 0)) : undefined
  return { keys, replaces: keys === undefined || added === undefined }
}

/** Whether an `export` reads the context only to keep what is there. */
export function onlyAdds(write: ContextWrite | undefined): boolean {
  return write !== undefined && !write.replaces
}

export function unwrapped(text: string): string {
  const trimmed = text.trim()
  return trimmed.startsWith('${') && trimmed.endsWith('}') ? trimmed.slice(2, -1).trim() : trimmed
}

const keyHere = /\s*(?:([A-Za-z_]\w*)|"([^"\\]*)")\s*:/y
const piece = /"(?:[^"\\]|\\.)*"|[^"]/y

/** The keys of an object that is written out and is all of the expression; undefined where it is not so. */
function keysOf(text: string): string[] | undefined {
  const keys: string[] = []
  let depth = 0
  for (let at = 0; at < text.length;) {
    piece.lastIndex = at
    const [part] = piece.exec(text) ?? []
    if (part === undefined || part === '#') return undefined
    at += part.length
    if ('([{'.includes(part)) depth++
    if (')]}'.includes(part)) depth--
    if (depth === 0) return at === text.length ? keys : undefined
    if (depth !== 1 || (part !== '{' && part !== ',')) continue
    keyHere.lastIndex = at
    const [, bare, quoted] = keyHere.exec(text) ?? []
    const key = bare ?? quoted
    if (key === undefined) return undefined
    keys.push(key)
  }
  return undefined
}
