/**
 * CloudEvents: those that are emitted, and the filters and strategies by which others are waited for.
 */
import type { Static } from 'typebox'
import { exportRule, output } from './data_flow.ts'
import {
  anything,
  choice,
  closed,
  either,
  expression,
  list,
  mapOf,
  mark,
  open,
  optional,
  reference,
  text,
} from './describe.ts'
import { uriOrExpression } from './endpoint.ts'
import { taskList } from './task_list.ts'

const attributes = {
  id: optional(text('Identifies the event; made up when it is emitted without one.')),
  source: optional(uriOrExpression('Where it comes from; the workflow by default.')),
  time: optional(text('When it happened, as RFC 3339 writes it, or an expression.')),
  subject: optional(text('What it is about.')),
  datacontenttype: optional(text('The media type of `data`; JSON by default.')),
  dataschema: optional(uriOrExpression('The schema of `data`.')),
  data: optional(anything('What it carries.')),
}

export const eventDefinition = open(
  'event',
  'The attributes of an event; other names are extension attributes.',
  {
    ...attributes,
    type: text('What kind of event it is.'),
  },
)
export type EventProperties = Static<typeof eventDefinition>

export const eventFilterDefinition = closed('event filter', 'Which events count.', {
  with: open(
    'attributes of an event',
    'The attributes that an event must have: values, regular expressions or expressions ${ … }.',
    { ...attributes, type: optional(text('What kind of event it is.')) },
    { minProperties: 1 },
  ),
  correlate: optional(
    mapOf(
      open('correlation', 'Ties events together that have the same value.', {
        from: expression('Takes the value out of the event.'),
        expect: optional(text('What the value must be; that of the first event by default.')),
      }),
      'Correlations by their names.',
    ),
  ),
})
export type EventFilter = Static<typeof eventFilterDefinition>

const eventFilter = reference<EventFilter>('event_filter', 'Which events count.')

const strategy = {
  all: optional(list(eventFilter, 'Waits until there was one of each.')),
  any: optional(
    list(eventFilter, 'Waits until there was one of any; every event counts when the list is empty.'),
  ),
  one: optional(reference<EventFilter>('event_filter', 'Waits until there was one.')),
}
const oneStrategy = [['all', 'any', 'one']]

const untilEvents = closed(
  'event consumption strategy',
  'Stops once these events have come.',
  strategy,
  mark({ exactlyOne: oneStrategy }),
)

export const eventsDefinition = closed(
  'event consumption strategy',
  'Which events to wait for.',
  {
    ...strategy,
    until: optional(
      either(
        'an expression, or an event consumption strategy without `until` of its own',
        [expression('Stops once this is true.'), untilEvents],
        'When to stop, after `any`.',
      ),
    ),
  },
  { ...mark({ exactlyOne: oneStrategy }), dependentRequired: { until: ['any'] } },
)
export type EventConsumptionStrategy = Static<typeof eventsDefinition>
export const events = (description: string) => reference<EventConsumptionStrategy>('events', description)

export const readAs = (description: string) =>
  choice(['data', 'envelope', 'raw'], description, { default: 'data' })

export const subscriptionIteratorDefinition = closed(
  'iterator',
  'What to do with each event or message.',
  {
    item: optional(text('The variable that holds it; item by default.', mark({ text: 'plain' }))),
    at: optional(text('The variable that holds its index; index by default.', mark({ text: 'plain' }))),
    do: optional(taskList('The tasks to run for each.')),
    output: optional(output('What each gives.')),
    export: optional(exportRule('What each puts into the context.')),
  },
  mark({
    binds: {
      inside: ['do', 'output', 'export'],
      variables: [
        { at: ['item'], otherwise: 'item' },
        { at: ['at'], otherwise: 'index' },
      ],
    },
  }),
)
export type SubscriptionIterator = Static<typeof subscriptionIteratorDefinition>
export const subscriptionIterator = (description: string) =>
  reference<SubscriptionIterator>('subscription_iterator', description)
