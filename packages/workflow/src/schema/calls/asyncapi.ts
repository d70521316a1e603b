/** `call: asyncapi`: publishing messages, and consuming them for a while. */
import { Type } from 'typebox'
import { authentication } from '../authentication.ts'
import { anyObject, choice, closed, expression, mark, open, optional, text, whole } from '../describe.ts'
import { duration } from '../duration.ts'
import { externalResource } from '../endpoint.ts'
import { subscriptionIterator } from '../event.ts'
import { task } from '../task_base.ts'

const protocols = [
  'amqp',
  'amqp1',
  'anypointmq',
  'googlepubsub',
  'http',
  'ibmmq',
  'jms',
  'kafka',
  'mercure',
  'mqtt',
  'mqtt5',
  'nats',
  'pulsar',
  'redis',
  'sns',
  'solace',
  'sqs',
  'stomp',
  'ws',
] as const

const server = closed('asyncapi server', 'Which server of the document to use.', {
  name: text('Its name.'),
  variables: optional(anyObject('Values of its variables.')),
})

const message = open('asyncapi message', 'The message to publish.', {
  payload: optional(anyObject('What it carries.')),
  headers: optional(anyObject('Its headers.')),
})

const consume = closed(
  'consumption policy',
  'How long to consume messages.',
  {
    for: optional(duration('For at most this long.')),
    amount: optional(whole('Until this many have come.', { minimum: 0 })),
    while: optional(expression('As long as this is true after a message.')),
    until: optional(expression('Until this is true before a message.')),
  },
  mark({ exactlyOne: [['amount', 'while', 'until']] }),
)

const subscription = closed('asyncapi subscription', 'Which messages to consume, and what to do with them.', {
  filter: optional(expression('Consumes only messages for which this is true.')),
  consume,
  foreach: optional(subscriptionIterator('What to do with each message.')),
})

export const CallAsyncApi = task('asyncapi call', 'Publishes a message or consumes messages.', {
  call: Type.Literal('asyncapi'),
  with: closed(
    'asyncapi call',
    'The operation, and the message or the subscription.',
    {
      document: externalResource('The AsyncAPI document.'),
      channel: optional(text('The channel, for AsyncAPI 2.')),
      operation: optional(text('The operation, for AsyncAPI 3.')),
      server: optional(server),
      protocol: optional(choice(protocols, 'Picks the server that speaks it.')),
      message: optional(message),
      subscription: optional(subscription),
      authentication: optional(authentication('How to authenticate.')),
    },
    mark({
      exactlyOne: [
        ['operation', 'channel'],
        ['message', 'subscription'],
      ],
    }),
  ),
})
