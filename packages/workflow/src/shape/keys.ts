/**
 * The keys of an object: those that nobody knows, those that are missing, those that exclude each other.
 */
import type { JsonObject } from '@nexus/sdk'
import { nearest } from '@nexus/sdk'
import { nameList } from '../suggestion.ts'
import { memberPointer } from '../pointers.ts'
import { markOf } from '../schema/describe.ts'
import { taskBaseKeys } from '../schema/task_base.ts'
import type { Report } from '../source/report.ts'
import { capital, place } from './phrases.ts'
import type { Shape } from './shape.ts'

export function checkKeys(report: Report, shape: Shape, object: JsonObject, pointer: string): void {
  const meant = checkUnknownKeys(report, shape, object, pointer)
  checkMissingKeys(report, shape, object, pointer, meant)
  checkExclusiveKeys(report, shape, object, pointer, meant)
  checkDependentKeys(report, shape, object, pointer)
  checkCount(report, shape, object, pointer)
}

const thing = (shape: Shape): string => `this ${shape.title ?? 'object'}`

/** Reports keys that are not known; gives the known ones that were meant. */
function checkUnknownKeys(
  report: Report,
  shape: Shape,
  object: JsonObject,
  pointer: string,
): ReadonlySet<string> {
  const meant = new Set<string>()
  const { properties, additionalProperties } = shape
  if (!properties || typeof additionalProperties === 'object') return meant
  const needed = neededKeys(shape, object)
  const free = Object.keys(properties).filter((key) => !Object.hasOwn(object, key))
  for (const key of Object.keys(object)) {
    if (Object.hasOwn(properties, key)) continue
    const near = nearest(key, free)
    if (near !== undefined) meant.add(near)
    // An open object may have other keys, but not instead of one that it needs.
    const isOpen = additionalProperties !== false && !needed.has(near ?? '')
    if (isOpen && (near === undefined || near.length < 4)) continue
    report.on(memberPointer(pointer, key), 'key', {
      severity: isOpen ? 'warning' : 'error',
      code: 'unknown_key',
      message: `\`${key}\` is not a key of ${thing(shape)}.`,
      hint: near === undefined ? otherHint(shape, properties, key) : `Did you mean \`${near}\`?`,
    })
  }
  return meant
}

/** Keys that are missing and must be there, one of a group being enough. */
function neededKeys(shape: Shape, object: JsonObject): ReadonlySet<string> {
  const missingGroups = (markOf(shape)?.exactlyOne ?? []).filter(
    (group) => !group.some((key) => Object.hasOwn(object, key)),
  )
  return new Set([...(shape.required ?? []), ...missingGroups.flat()])
}

/** Where a key belongs that is not near to any: one level down, one level up, or nowhere. */
function otherHint(shape: Shape, properties: Readonly<Record<string, Shape>>, key: string): string {
  const holder = Object.entries(properties).find(
    ([, member]) => member.properties && Object.hasOwn(member.properties, key),
  )
  if (holder) return `It belongs inside \`${holder[0]}\`.`
  const known = Object.keys(properties)
  if (taskBaseKeys.includes(key) && !known.includes('if'))
    return 'It belongs to the task itself, one level up.'
  return `The keys of ${thing(shape)} are ${nameList(known)}.`
}

function checkMissingKeys(
  report: Report,
  shape: Shape,
  object: JsonObject,
  pointer: string,
  meant: ReadonlySet<string>,
): void {
  const missing = (shape.required ?? []).filter((key) => !Object.hasOwn(object, key) && !meant.has(key))
  if (missing.length === 0) return
  report.on(pointer, 'key', {
    code: 'missing_key',
    message: `${capital(thing(shape))} needs ${nameList(missing)}.`,
  })
}

function checkExclusiveKeys(
  report: Report,
  shape: Shape,
  object: JsonObject,
  pointer: string,
  meant: ReadonlySet<string>,
): void {
  for (const group of markOf(shape)?.exactlyOne ?? []) {
    const [first, second] = Object.keys(object).filter((key) => group.includes(key))
    if (first === undefined && !group.some((key) => meant.has(key))) {
      const message = `${capital(thing(shape))} needs one of ${nameList(group)}.`
      report.on(pointer, 'key', { code: 'missing_key', message })
    }
    if (first === undefined || second === undefined) continue
    report.on(memberPointer(pointer, second), 'key', {
      code: 'exclusive_keys',
      message: `${capital(thing(shape))} has \`${first}\` and \`${second}\`, but only one of them can be.`,
      hint: 'Remove one of them.',
    })
  }
}

function checkDependentKeys(report: Report, shape: Shape, object: JsonObject, pointer: string): void {
  for (const [key, needed] of Object.entries(shape.dependentRequired ?? {})) {
    const missing = needed.filter((name) => !Object.hasOwn(object, name))
    if (!Object.hasOwn(object, key) || missing.length === 0) continue
    const message = `\`${key}\` is only of use together with ${nameList(missing)}.`
    report.on(memberPointer(pointer, key), 'key', { code: 'missing_key', message })
  }
}

function checkCount(report: Report, shape: Shape, object: JsonObject, pointer: string): void {
  const keys = Object.keys(object)
  const what = shape.title === undefined ? place(pointer) : thing(shape)
  if (keys.length < (shape.minProperties ?? 0)) {
    report.on(pointer, 'key', { code: 'too_few', message: `${capital(what)} needs at least one key.` })
  }
  const extra = keys[shape.maxProperties ?? keys.length]
  if (extra === undefined) return
  report.on(memberPointer(pointer, extra), 'key', {
    code: 'too_many',
    message: `${capital(what)} may have only one key; found ${nameList(keys)}.`,
    hint: 'Put a dash before each, so that each is an item of its own.',
  })
}
