/**
 * Errors that a workflow raises, and the filter by which it catches them (RFC 7807 problem details).
 */
import type { Static } from 'typebox'
import {
  either,
  mark,
  closed,
  open,
  optional,
  reference,
  text,
  whole,
  wrappedExpression,
} from './describe.ts'
import { uriOrExpression } from './endpoint.ts'

export const errorDefinition = closed('error', 'An error as the specification describes it.', {
  type: uriOrExpression('A URI that says what kind of error it is.'),
  status: whole('The status, by preference one of HTTP.'),
  instance: optional(
    either(
      'a JSON pointer or an expression ${ … }',
      [
        text('The JSON pointer of where it happened.', {
          title: 'a JSON pointer',
          pattern: '^(/([^~/]|~[01])*)*$',
        }),
        wrappedExpression('An expression that gives the JSON pointer.'),
      ],
      'Where it happened.',
    ),
  ),
  title: optional(text('A short summary.')),
  detail: optional(text('What happened this time.')),
})
export type ErrorDefinition = Static<typeof errorDefinition>

export const errorOrName = either(
  'an error object, or the name of one in `use.errors`',
  [
    reference<ErrorDefinition>('error', 'The error.'),
    text('The name of an error in `use.errors`.', {
      title: 'the name of an error',
      ...mark({ use: 'errors' }),
    }),
  ],
  'The error to raise.',
)

export const ErrorFilter = open(
  'error filter',
  'Catches only errors that have all of these values.',
  {
    type: optional(text('The type of the error.')),
    status: optional(whole('Its status.')),
    instance: optional(text('The JSON pointer of the task that raised it.')),
    title: optional(text('Its title.')),
    detail: optional(text('Its detail.')),
  },
  { minProperties: 1 },
)
export type ErrorFilter = Static<typeof ErrorFilter>
