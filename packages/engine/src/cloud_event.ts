/**
 * CloudEvents as they go through the event bus: what one is made of, and what is wrong with one that is none.
 * Source: CloudEvents 1.0.2, "Context Attributes" and "JSON Event Format". It publishes nothing.
 */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'

/** An event in the JSON format. Other members are `time`, `subject`, `data`… and extension attributes. */
export type CloudEvent = JsonObject & {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
}

/** An event as people hand it in: what it lacks is filled in from `defaults`. */
export type EventDraft = JsonObject & { readonly type: string }

/**
 * The event that a draft stands for, or a sentence that says what is wrong with it. An attribute that is null is not
 * there, as in the JSON format; `data` may be null.
 */
export function completeEvent(
  draft: Json,
  defaults: { readonly id: string; readonly source: string; readonly time: string },
): CloudEvent | string {
  if (!isJsonObject(draft)) return 'An event is an object with its attributes.'
  const given = Object.entries(draft).filter(
    ([name, value]) => value !== undefined && (value !== null || name === 'data'),
  )
  const event: JsonObject = { specversion: '1.0', ...defaults, ...Object.fromEntries(given) }
  return problemOf(event) ?? (event as CloudEvent)
}

/** What the attributes may be; any other name is an extension attribute. */
const rules: Readonly<Record<string, (value: Json) => string | undefined>> = {
  specversion: (value) => (value === '1.0' ? undefined : 'is "1.0"'),
  id: nonEmpty,
  source: uriReference,
  type: nonEmpty,
  subject: nonEmpty,
  time: (value) => (isTimestamp(value) ? undefined : 'is a moment as RFC 3339 writes it'),
  datacontenttype: (value) =>
    typeof value === 'string' && mediaType.test(value) ? undefined : 'is a media type, such as text/plain',
  dataschema: uriReference,
  data: () => undefined,
  data_base64: (value) =>
    typeof value === 'string' && base64.test(value) ? undefined : 'is text in base 64',
}

const required = ['id', 'source', 'type'] as const
const mediaType = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+\s*(?:;.*)?$/
const base64 = /^[A-Za-z0-9+/]*={0,2}$/
const timestamp = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)$/
const extensionName = /^[a-z0-9]+$/

function problemOf(event: JsonObject): string | undefined {
  const missing = required.find((name) => event[name] === undefined)
  if (missing !== undefined) return `The event has no \`${missing}\`.`
  if ('data' in event && 'data_base64' in event) return 'An event has `data` or `data_base64`, not both.'
  for (const [name, value] of Object.entries(event)) {
    const why = Object.hasOwn(rules, name) ? rules[name]?.(value) : extensionProblem(name, value)
    if (why !== undefined) return `The event's \`${name}\` ${why}; it was ${shown(value)}.`
  }
  return undefined
}

function nonEmpty(value: Json): string | undefined {
  return typeof value === 'string' && value !== '' ? undefined : 'is text that is not empty'
}

function uriReference(value: Json): string | undefined {
  const fits = typeof value === 'string' && value !== '' && !/[\s<>"{}|\\^`]/.test(value)
  return fits ? undefined : 'is a URI or a path, without blanks'
}

function isTimestamp(value: Json): boolean {
  return typeof value === 'string' && timestamp.test(value) && !Number.isNaN(Date.parse(value))
}

function extensionProblem(name: string, value: Json): string | undefined {
  if (!extensionName.test(name)) {
    return 'is no name of an attribute: those are of lower-case letters and digits; anything else belongs into `data`'
  }
  return typeof value === 'object'
    ? 'is an extension attribute: text, a number or true or false; anything else belongs into `data`'
    : undefined
}

const shownMax = 80

function shown(value: Json): string {
  const text = JSON.stringify(value)
  return text.length <= shownMax ? text : `${text.slice(0, shownMax)}…`
}
