/**
 * Where something is found: URIs and URI templates, endpoints with authentication, external resources.
 */
import type { Static } from 'typebox'
import { authentication, type ReferenceableAuthentication } from './authentication.ts'
import { closed, either, optional, reference, text, wrappedExpression } from './describe.ts'
import { uriTemplatePattern } from './uri.ts'

export const uriTemplate = (description: string) => text(description, uriTemplatePattern)

export const uriOrExpression = (description: string) =>
  either(
    'a URI, a URI template or an expression ${ … }',
    [uriTemplate(description), wrappedExpression(description)],
    description,
  )

export const endpointDefinition = either(
  'a URI, an expression ${ … }, or an object with `uri`',
  [
    wrappedExpression('An expression that gives the URI.'),
    uriTemplate('The URI; {name} stands for a member of the input.'),
    closed('endpoint', 'A URI and how to authenticate there.', {
      uri: uriOrExpression('The URI; {name} stands for a member of the input.'),
      authentication: optional(authentication('How to authenticate.')),
    }),
  ],
  'Where a service is found.',
)
export type Endpoint = string | { uri: string; authentication?: ReferenceableAuthentication }
export const endpoint = (description: string) => reference<Endpoint>('endpoint', description)

export const externalResourceDefinition = closed(
  'external resource',
  'A document that is fetched when it is needed.',
  {
    name: optional(text('A name for people.')),
    endpoint: endpoint('Where it is fetched from.'),
  },
)
export type ExternalResource = Static<typeof externalResourceDefinition>
export const externalResource = (description: string) =>
  reference<ExternalResource>('external_resource', description)
