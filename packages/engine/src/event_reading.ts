/**
 * What is taken of an event that was consumed. Source: DSL 1.0.3, "Listen", `read`.
 */
import type { Json } from '@nexus/sdk'
import type { ListenTask } from '@nexus/workflow'
import type { CloudEvent } from './cloud_event.ts'

type Reading = NonNullable<ListenTask['listen']['read']>

/** `data`: what it carries; `envelope`: all of it; `raw`: what it carries as text, as it was sent. */
export function readEvent(event: CloudEvent, read: Reading | undefined): Json {
  switch (read) {
    case 'envelope':
      return event
    case 'raw':
      return rawOf(event)
    default:
      return dataOf(event)
  }
}

function rawOf({ data, data_base64: binary }: CloudEvent): Json {
  if (binary !== undefined) return binary
  return typeof data === 'string' ? data : JSON.stringify(data ?? null)
}

/** Bytes that are JSON or text by their media type are read as such; others stay as base 64. */
function dataOf({ data, data_base64: binary, datacontenttype: mediaType }: CloudEvent): Json {
  if (typeof binary !== 'string') return data ?? null
  const type = typeof mediaType === 'string' ? mediaType : 'application/json'
  const text = Buffer.from(binary, 'base64').toString('utf8')
  if (/[/+]json\b/.test(type)) return parsed(text)
  return type.startsWith('text/') ? text : binary
}

function parsed(text: string): Json {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}
