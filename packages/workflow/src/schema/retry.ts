/**
 * When to try again after an error, how often, and how long to wait before.
 */
import type { Static } from 'typebox'
import { anyObject, closed, either, expression, mark, optional, reference, text, whole } from './describe.ts'
import { duration } from './duration.ts'

const backoff = closed(
  'backoff',
  'How the delay grows from one attempt to the next.',
  {
    constant: optional(anyObject('It does not.')),
    exponential: optional(anyObject('It doubles.')),
    linear: optional(anyObject('It grows by the same amount.')),
  },
  mark({ exactlyOne: [['constant', 'exponential', 'linear']] }),
)

const limit = closed('retry limit', 'When to stop trying.', {
  attempt: optional(
    closed('limit of attempts', 'Limits on the attempts themselves.', {
      count: optional(whole('How many there may be.', { minimum: 0 })),
      duration: optional(duration('How long each may take.')),
    }),
  ),
  duration: optional(duration('How long all of them together may take.')),
})

export const retryDefinition = closed('retry policy', 'When and how to try again.', {
  when: optional(expression('Tries again only when this is true.')),
  exceptWhen: optional(expression('Does not try again when this is true.')),
  delay: optional(duration('How long to wait before the next attempt.')),
  backoff: optional(backoff),
  limit: optional(limit),
  jitter: optional(
    closed('jitter', 'A random time between two durations, added to the delay.', {
      from: duration('At least.'),
      to: duration('At most.'),
    }),
  ),
})
export type RetryPolicy = Static<typeof retryDefinition>

export const retryOrName = either(
  'a retry policy, or the name of one in `use.retries`',
  [
    reference<RetryPolicy>('retry', 'The policy.'),
    text('The name of a policy in `use.retries`.', {
      title: 'the name of a retry policy',
      ...mark({ use: 'retries' }),
    }),
  ],
  'When and how to try again.',
)
