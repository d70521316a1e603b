/**
 * CloudEvents that are handed in, to all runs or to one. What they lack is filled in.
 */
import { Type } from 'typebox'
import type { JsonObject } from '@nexus/sdk'
import { text } from './words.ts'

/** Attributes have rules of their own, which the library keeps; the wire asks for a type alone. */
export const EventDraft = Type.Unsafe<JsonObject & { readonly type: string }>({
  title: 'EventDraft',
  description:
    'A CloudEvent in the JSON format. `specversion`, `id`, `source` and `time` are made where they are missing.',
  type: 'object',
  properties: { type: text('What kind of event it is.') },
  required: ['type'],
})

export const CloudEvent = Type.Unsafe<JsonObject>({
  title: 'CloudEvent',
  description: 'The CloudEvent as it was accepted.',
  type: 'object',
})
