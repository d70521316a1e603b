/**
 * Durations and timeouts. A duration is an object of units, an ISO 8601 text or an expression that gives one of these.
 */
import type { Static } from 'typebox'
import { closed, either, optional, reference, text, whole, wrappedExpression } from './describe.ts'

const amount = (unit: string) => optional(whole(`Number of ${unit}.`, { minimum: 0 }))

const isoPattern =
  String.raw`^P(?!$)(\d+(?:\.\d+)?Y)?(\d+(?:\.\d+)?M)?(\d+(?:\.\d+)?W)?(\d+(?:\.\d+)?D)?` +
  String.raw`(T(?=\d)(\d+(?:\.\d+)?H)?(\d+(?:\.\d+)?M)?(\d+(?:\.\d+)?S)?)?$`

export const durationDefinition = either(
  'a duration such as {seconds: 30}, PT30S or ${ … }',
  [
    closed(
      'duration',
      'A duration as a sum of units.',
      {
        days: amount('days'),
        hours: amount('hours'),
        minutes: amount('minutes'),
        seconds: amount('seconds'),
        milliseconds: amount('milliseconds'),
      },
      { minProperties: 1 },
    ),
    wrappedExpression('An expression that gives an ISO 8601 duration.'),
    text('A duration as ISO 8601 writes it.', {
      title: 'an ISO 8601 duration such as PT30S',
      pattern: isoPattern,
    }),
  ],
  'How long.',
)
export type Duration = Static<typeof durationDefinition>
export const duration = (description: string) => reference<Duration>('duration', description)

export const timeoutDefinition = closed('timeout', 'When to give up.', {
  after: duration('How long it may take before a timeout error is raised.'),
})
export type Timeout = Static<typeof timeoutDefinition>
export const timeout = (description: string) => reference<Timeout>('timeout', description)
