/** Tasks of one step: set, wait, raise, emit, listen. */
import type { Static } from 'typebox'
import { anyObject, closed, either, open, optional, reference, wrappedExpression } from '../describe.ts'
import { duration } from '../duration.ts'
import { errorOrName } from '../error.ts'
import { events, readAs, subscriptionIterator, type EventProperties } from '../event.ts'
import { task } from '../task_base.ts'

export const SetTask = task('set task', 'Gives data.', {
  set: either(
    'an object with at least one key, or an expression ${ … }',
    [anyObject('The data.', { minProperties: 1 }), wrappedExpression('An expression that gives the data.')],
    'The data.',
  ),
})
export type SetTask = Static<typeof SetTask>

export const WaitTask = task('wait task', 'Waits.', { wait: duration('How long.') })
export type WaitTask = Static<typeof WaitTask>

export const RaiseTask = task('raise task', 'Raises an error.', {
  raise: closed('raise', 'The error.', { error: errorOrName }),
})
export type RaiseTask = Static<typeof RaiseTask>

export const EmitTask = task('emit task', 'Emits an event.', {
  emit: closed('emit', 'The event.', {
    event: open('event to emit', 'The event.', {
      with: reference<EventProperties>('event', 'Its attributes.'),
    }),
  }),
})
export type EmitTask = Static<typeof EmitTask>

export const ListenTask = task('listen task', 'Waits for events.', {
  listen: closed('listen', 'The events.', {
    to: events('Which events to wait for.'),
    read: optional(readAs('What is taken of each event; its data by default.')),
  }),
  foreach: optional(subscriptionIterator('What to do with each event.')),
})
export type ListenTask = Static<typeof ListenTask>
