/**
 * Events to rows and back. A payload above a limit goes to the blob store, and the row names it by its digest in
 * `blobs`, a member beside the event's own ones, so that no payload can be mistaken for a reference.
 */
import { NexusError, type Json } from '@nexus/sdk'
import type { RunEvent, RunEventBody } from '../../events.ts'
import type { Blobs } from './blobs.ts'

export interface EventRow {
  readonly seq: number
  readonly at: number
  readonly body: string
}

/** A body up to this many UTF-16 units lies in its row as it is. */
const inlineSizeMax = 64 * 1024
/** Within a larger one, payloads from this size on become blobs. */
const blobSizeMin = 4 * 1024

/** The members that may hold a payload, by where they lie in the event's body. */
const payloads: readonly string[] = ['outcome.output', 'outcome.context', 'task.input', 'started.task.input']

type Members = Record<string, unknown>

/** The event as the text of its row. Large payloads are on disk when it returns. */
export function encode(event: RunEventBody, blobs: Blobs): string {
  const text = JSON.stringify(event)
  if (text.length <= inlineSizeMax) return text
  const named: Record<string, string> = {}
  let slim: Members = event
  for (const at of payloads) {
    const value = payloadAt(event, at.split('.'))
    const payload = value === undefined ? '' : JSON.stringify(value)
    if (payload.length < blobSizeMin) continue
    named[at] = blobs.put(payload)
    slim = without(slim, at.split('.'))
  }
  return JSON.stringify({ ...slim, blobs: named })
}

/** Throws `NexusError` `payload_unreadable`. */
export function decode(row: EventRow, blobs: Blobs): RunEvent {
  const { blobs: named, ...body } = parse(row)
  for (const [at, digest] of Object.entries((named ?? {}) as Record<string, string>)) {
    const keys = at.split('.')
    const holder = payloadAt(body, keys.slice(0, -1)) as Members
    holder[keys.at(-1) ?? ''] = JSON.parse(blobs.get(digest)) as Json
  }
  return { seq: row.seq, at: row.at, ...body } as unknown as RunEvent
}

function parse(row: EventRow): Members {
  try {
    return JSON.parse(row.body) as Members
  } catch (cause) {
    const message = `Event ${row.seq} of the run is damaged and cannot be read. All else that was recorded is intact; restore the database from a backup to go on.`
    throw new NexusError('payload_unreadable', message, { cause })
  }
}

function payloadAt(event: object, keys: readonly string[]): unknown {
  return keys.reduce<unknown>((value, key) => (value as Members | undefined)?.[key], event)
}

/** A copy without the member at `keys`; what is not on the way there is shared. */
function without(holder: Members, [key = '', ...rest]: readonly string[]): Members {
  if (rest.length > 0) return { ...holder, [key]: without(holder[key] as Members, rest) }
  return Object.fromEntries(Object.entries(holder).filter(([name]) => name !== key))
}
