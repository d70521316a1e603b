/** The shape of JSON values: types, members, items; of many values the shape that fits all of them. Pure. */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { clip } from '../clip.ts'
import { told, type Telling } from './types.ts'

const depthMax = 5
const membersMax = 50
const itemsMax = 1_000
const linesMax = 1_000

export function jsonShape(text: string, telling: Telling): JsonObject {
  try {
    return { shape: shapeOf([JSON.parse(text) as Json], telling, depthMax) }
  } catch {
    return { reason: 'It is not valid JSON.' } // the parser's own message would quote the file
  }
}

/** One value a line. */
export function jsonLinesShape(text: string, complete: boolean, telling: Telling): JsonObject {
  const lines = text.split(/\r?\n/)
  if (!complete) lines.pop()
  const filled = lines.filter((line) => line.trim() !== '')
  const values: Json[] = []
  let broken = 0
  for (const line of filled.slice(0, linesMax)) {
    try {
      values.push(JSON.parse(line) as Json)
    } catch {
      broken++ // it is told how many lines are no JSON
    }
  }
  return {
    shape: shapeOf(values, telling, depthMax),
    rows_sampled: values.length,
    rows_complete: complete && filled.length <= linesMax,
    ...(broken > 0 && { lines_broken: broken }),
  }
}

function shapeOf(values: readonly Json[], telling: Telling, depth: number): JsonObject {
  const types = [...new Set(values.map(typeOf))]
  const type = types.includes('number') ? types.filter((each) => each !== 'integer') : types
  const shape: JsonObject = { type: type.length === 1 ? (type[0] ?? 'null') : type }
  if (depth === 0) return shape
  const objects = values.filter(isJsonObject)
  const lists = values.filter((value): value is readonly Json[] => Array.isArray(value))
  return {
    ...shape,
    ...(objects.length > 0 && membersOf(objects, telling, depth)),
    ...(lists.length > 0 && itemsOf(lists, telling, depth)),
    ...(objects.length + lists.length === 0 && told(values, telling)),
  }
}

function membersOf(objects: readonly JsonObject[], telling: Telling, depth: number): JsonObject {
  const byName = new Map<string, Json[]>()
  let leftOff = 0
  for (const object of objects) {
    for (const [name, value] of Object.entries(object)) {
      const known = byName.get(name)
      if (known) known.push(value)
      else if (byName.size < membersMax) byName.set(name, [value])
      else leftOff++
    }
  }
  const members = [...byName].map(([name, values]) => ({
    name: clip(name),
    ...(values.length < objects.length && { optional: true }),
    ...shapeOf(values, telling, depth - 1),
  }))
  return { members, ...(leftOff > 0 && { members_left_off: leftOff }) }
}

function itemsOf(lists: readonly (readonly Json[])[], telling: Telling, depth: number): JsonObject {
  const items: Json[] = []
  for (const list of lists) items.push(...list.slice(0, itemsMax - items.length))
  const length = Math.max(...lists.map((list) => list.length))
  return { length, ...(items.length > 0 && { items: shapeOf(items, telling, depth - 1) }) }
}

function typeOf(value: Json): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return typeof value
}
