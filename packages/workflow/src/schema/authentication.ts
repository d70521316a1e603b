/**
 * How a call shows who it is: basic, bearer, digest, OAuth 2 and OpenID Connect, each inline or out of a secret,
 * or the name of a policy in `use.authentications`.
 */
import type { Static } from 'typebox'
import { choice, closed, list, mark, open, optional, reference, text } from './describe.ts'
import { uriTemplatePattern } from './uri.ts'

const secret = () =>
  optional(
    text('The name of a secret that holds these properties.', { minLength: 1, ...mark({ use: 'secrets' }) }),
  )

const oneOf = (...keys: string[]) => mark({ exactlyOne: [keys] })

const withPassword = (scheme: string) =>
  closed(
    `${scheme} authentication`,
    `${scheme} authentication with a user name and a password.`,
    { use: secret(), username: optional(text('The user name.')), password: optional(text('The password.')) },
    { ...oneOf('use', 'username'), dependentRequired: { username: ['password'], password: ['username'] } },
  )

const bearer = closed(
  'bearer authentication',
  'A token sent as it is.',
  { use: secret(), token: optional(text('The token.')) },
  oneOf('use', 'token'),
)

const token = (description: string) =>
  closed('security token', description, { token: text('The token.'), type: text('The type of the token.') })

const grants = [
  'authorization_code',
  'client_credentials',
  'password',
  'refresh_token',
  'urn:ietf:params:oauth:grant-type:token-exchange',
] as const

const clientAuthentications = [
  'client_secret_basic',
  'client_secret_post',
  'client_secret_jwt',
  'private_key_jwt',
  'none',
] as const

const encodings = ['application/x-www-form-urlencoded', 'application/json'] as const

const tokenRequest = {
  use: secret(),
  authority: optional(text('The URI of the authority that issues tokens.', uriTemplatePattern)),
  grant: optional(choice(grants, 'How the token is asked for.')),
  client: optional(
    closed('OAuth client', 'The client that asks.', {
      id: optional(text('Its id.')),
      secret: optional(text('Its secret.')),
      assertion: optional(text('A signed JWT that speaks for it.')),
      authentication: optional(
        choice(clientAuthentications, 'How it authenticates; client_secret_post by default.'),
      ),
    }),
  ),
  request: optional(
    open('token request', 'How the request for a token is sent.', {
      encoding: optional(choice(encodings, 'The encoding of its body; a form by default.')),
    }),
  ),
  issuers: optional(list(text('An issuer.'), 'Issuers whose tokens are accepted.')),
  scopes: optional(list(text('A scope.'), 'Scopes to ask for.')),
  audiences: optional(list(text('An audience.'), 'Audiences to ask for.')),
  username: optional(text('The user name, for the password grant.')),
  password: optional(text('The password, for the password grant.')),
  subject: optional(token('On whose behalf the request is made.')),
  actor: optional(token('Who acts.')),
}

const tokenRules = {
  ...oneOf('use', 'authority'),
  dependentRequired: { authority: ['grant'], grant: ['authority'] },
}

const uriPath = (description: string) => optional(text(description))

const oauth2 = closed(
  'OAuth 2 authentication',
  'A token from an OAuth 2 authority.',
  {
    ...tokenRequest,
    endpoints: optional(
      open('OAuth 2 endpoints', 'Paths below the authority.', {
        token: uriPath('Issues tokens; /oauth2/token by default.'),
        revocation: uriPath('Revokes tokens; /oauth2/revoke by default.'),
        introspection: uriPath('Describes tokens; /oauth2/introspect by default.'),
      }),
    ),
  },
  tokenRules,
)

const oidc = closed(
  'OpenID Connect authentication',
  'A token from an OpenID Connect authority.',
  tokenRequest,
  tokenRules,
)

const schemes = {
  basic: optional(withPassword('basic')),
  bearer: optional(bearer),
  digest: optional(withPassword('digest')),
  oauth2: optional(oauth2),
  oidc: optional(oidc),
}
const schemeNames = Object.keys(schemes)

/** A policy as `use.authentications` holds it. */
export const AuthenticationPolicy = closed(
  'authentication policy',
  'How to authenticate.',
  schemes,
  oneOf(...schemeNames),
)
export type AuthenticationPolicy = Static<typeof AuthenticationPolicy>

export const authenticationDefinition = closed(
  'authentication policy',
  'How to authenticate: a policy, or the name of one.',
  {
    use: optional(
      text('The name of a policy in `use.authentications`.', {
        minLength: 1,
        ...mark({ use: 'authentications' }),
      }),
    ),
    ...schemes,
  },
  oneOf('use', ...schemeNames),
)
export type ReferenceableAuthentication = Static<typeof authenticationDefinition>
export const authentication = (description: string) =>
  reference<ReferenceableAuthentication>('authentication', description)
