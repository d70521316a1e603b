/** Which tasks of a list may come after each, by their `then` and the cases of `switch`. Pure. */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'

export interface Ways {
  /** By place; the length of the list is its end. Undefined where each is followed by the next. */
  readonly next: readonly (readonly number[])[] | undefined
  /** Jumps to what came before, by names; they are not followed. */
  readonly back: readonly (readonly [from: string, to: string])[]
}

export function waysThrough(list: readonly (readonly [string, JsonObject])[]): Ways {
  const places = new Map(list.map(([name], index) => [name, index]))
  const back: [string, string][] = []
  const next = list.map(([name, task], index) => {
    const ways = thensOf(task).map((then) => {
      if (then === 'exit' || then === 'end') return list.length
      const place = places.get(then)
      if (place === undefined || place > index) return place ?? index + 1
      back.push([name.slice(0, 100), then.slice(0, 100)])
      return index + 1
    })
    return [...new Set(ways)]
  })
  const isPlain = next.every((ways, index) => ways.length === 1 && ways[0] === index + 1)
  return { next: isPlain ? undefined : next, back }
}

/** `continue` is no name, and so what follows. */
function thensOf({ then, switch: cases }: JsonObject): readonly string[] {
  if (!Array.isArray(cases)) return [textOf(then)]
  const clauses = (cases as Json[]).flatMap((item) => (isJsonObject(item) ? Object.values(item) : []))
  const told = clauses.filter(isJsonObject)
  const hasDefault = told.some((clause) => clause['when'] === undefined)
  return [...told.map((clause) => textOf(clause['then'])), ...(hasDefault ? [] : [textOf(then)])]
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : 'continue'
}
