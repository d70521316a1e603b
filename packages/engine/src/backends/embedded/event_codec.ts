/**
 * Events to rows and back. What a row's columns or other members already say is left out of its body, since the bytes
 * of a commit are most of its cost. A payload above a limit goes to the blob store, and the row names it by its digest
 * in `blobs`, a member beside the event's own ones, so that no payload can be mistaken for a reference.
 */
import { NexusError, type Json } from '@nexus/sdk'
import type { RunEvent, RunEventBody, TaskStart } from '../../events.ts'
import { lastSegment } from '../../path.ts'
import type { Blobs } from './blobs.ts'

export interface EventRow {
  readonly seq: number
  readonly at: number
  readonly type: string
  readonly path: string
  readonly body: string
}

/** A body up to this many UTF-16 units lies in its row as it is. */
const inlineSizeMax = 64 * 1024
/** Within a larger one, payloads from this size on become blobs. */
const blobSizeMin = 4 * 1024

/** The members that may hold a payload, by where they lie in the event's body. */
const payloads: readonly string[] = [
  'value',
  'outcome.output',
  'outcome.context',
  'task.input',
  'started.task.input',
  'event.data',
  'output',
  'context',
]

type Members = Record<string, unknown>

/** The event as the body of its row. Large payloads are on disk when it returns. */
export function encode(event: RunEventBody, blobs: Blobs): string {
  const body = slim(event)
  const text = JSON.stringify(body)
  return text.length <= inlineSizeMax ? text : withBlobs(body, blobs)
}

/** Throws `NexusError` `payload_unreadable`. */
export function decode(row: EventRow, blobs: Blobs): RunEvent {
  const { blobs: named, ...body } = parse(row)
  for (const [at, digest] of Object.entries((named ?? {}) as Record<string, string>)) {
    const keys = at.split('.')
    const holder = payloadAt(body, keys.slice(0, -1)) as Members
    holder[keys.at(-1) ?? ''] = JSON.parse(blobs.get(digest)) as Json
  }
  return { seq: row.seq, at: row.at, ...whole(row, body) } as RunEvent
}

/** The members of a body that its row does not say otherwise. */
function slim(event: RunEventBody): Members {
  switch (event.type) {
    case 'task.started':
      return { task: slimTask(event.task) }
    case 'task.ended': {
      const { outcome, started } = event
      return started ? { outcome, started: { ...started, task: slimTask(started.task) } } : { outcome }
    }
    case 'run.ended':
      return { outcome: event.outcome }
    case 'timer.set':
      return { until: event.until }
    case 'value.computed':
    case 'state.kept':
      return { value: event.value }
    case 'child.begun':
      return { run: event.run }
    case 'listen.begun':
      return { correlates: event.correlates }
    case 'event.consumed':
      return { accepted: event.accepted, event: event.event, match: event.match }
    case 'event.handled': {
      const { output, then, context } = event
      return context === undefined ? { output, then } : { output, then, context }
    }
    default:
      return {}
  }
}

/** Most tasks run once, so their path is their reference; the name is the reference's last part. */
function slimTask({ path, reference, kind, module, version, input }: TaskStart): Members {
  const task = { kind, module, version, input }
  return reference === path ? task : { reference, ...task }
}

function whole({ type, path }: EventRow, body: Members): Members {
  switch (type) {
    case 'task.started':
      return { type, task: wholeTask(path, body['task'] as Members) }
    case 'task.ended': {
      const started = body['started'] as Members | undefined
      const { outcome } = body
      if (!started) return { type, path, outcome }
      return {
        type,
        path,
        outcome,
        started: { ...started, task: wholeTask(path, started['task'] as Members) },
      }
    }
    case 'timer.set':
    case 'time.read':
    case 'value.computed':
    case 'state.kept':
    case 'child.begun':
    case 'listen.begun':
    case 'event.consumed':
    case 'event.handled':
      return { type, path, ...body }
    default:
      return { type, ...body }
  }
}

function wholeTask(path: string, task: Members): Members {
  const reference = typeof task['reference'] === 'string' ? task['reference'] : path
  return { path, reference, name: lastSegment(reference), ...task }
}

function withBlobs(body: Members, blobs: Blobs): string {
  const named: Record<string, string> = {}
  let rest = body
  for (const at of payloads) {
    const value = payloadAt(body, at.split('.'))
    const payload = value === undefined ? '' : JSON.stringify(value)
    if (payload.length < blobSizeMin) continue
    named[at] = blobs.put(payload)
    rest = without(rest, at.split('.'))
  }
  return JSON.stringify({ ...rest, blobs: named })
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
