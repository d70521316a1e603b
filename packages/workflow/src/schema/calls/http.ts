/** `call: http` and `call: openapi`: requests to web services. */
import { Type } from 'typebox'
import { authentication } from '../authentication.ts'
import {
  anyObject,
  anything,
  choice,
  closed,
  either,
  flag,
  mapOf,
  optional,
  text,
  wrappedExpression,
} from '../describe.ts'
import { endpoint, externalResource } from '../endpoint.ts'
import { task } from '../task_base.ts'

const output = optional(
  choice(
    ['raw', 'content', 'response'],
    'The content in base 64 (raw), the content parsed (content, the default), or the whole response (response).',
  ),
)
const redirect = optional(flag('Accepts answers with a status of 300 to 399; false by default.'))

const texts = (what: string) =>
  optional(
    either(
      'an object of texts, or an expression ${ … }',
      [mapOf(anything('Its value.'), what), wrappedExpression('An expression that gives the object.')],
      what,
    ),
  )

export const CallHttp = task('http call', 'Sends an HTTP request.', {
  call: Type.Literal('http'),
  with: closed('http call', 'The request.', {
    method: text('The method: get, post, put…'),
    endpoint: endpoint('Where to send it.'),
    headers: texts('The headers.'),
    body: optional(anything('The body.')),
    query: texts('The query parameters.'),
    output,
    redirect,
  }),
})

export const CallOpenApi = task('openapi call', 'Calls an operation that an OpenAPI document describes.', {
  call: Type.Literal('openapi'),
  with: closed('openapi call', 'The operation and its parameters.', {
    document: externalResource('The OpenAPI document.'),
    operationId: text('The id of the operation.'),
    parameters: optional(anyObject('Its parameters by name.')),
    authentication: optional(authentication('How to authenticate.')),
    output,
    redirect,
  }),
})
