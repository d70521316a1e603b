/** What each protocol does for a call: one file in `connectors/` for each. */
import { TaskFault } from '@nexus/sdk'
import type { Authorizer } from '../authentication/authorizer.ts'
import type { Authentication } from '../authentication/policy.ts'
import type { ProtocolOptions } from '../protocol_options.ts'
import type { Outbound } from './arguments.ts'
import type { Target } from './document.ts'
import type { Sink } from './feed.ts'

export interface Connecting {
  readonly target: Target
  readonly authentication: Authentication | undefined
  readonly options: ProtocolOptions
  /** Ends whatever is under way. */
  readonly signal: AbortSignal
  /** What a connection leaves to the next one of the same subscription. */
  readonly memory: { lastEventId?: string; readonly authorizers: Authorizer[] }
}

export interface Connector {
  /** Resolves when the message has been taken. Nothing of the connection is left then. */
  publish(connecting: Connecting, message: Outbound): Promise<void>
  /** Resolves when messages can come, and tells the sink when none come any more; what comes back ends the subscription and all that belongs to it. */
  subscribe(connecting: Connecting, sink: Sink): Promise<() => Promise<void>>
}

/** An IPv6 address without its brackets. */
export function bareHost({ host }: Target): string {
  return host.replace(/^\[|\]$/g, '')
}

/** As errors name a server. */
export function serverName({ protocol, host, port }: Target): string {
  return `the ${protocol} server at ${host}:${port}`
}

export function connectionFault(target: Target, error: unknown): TaskFault {
  if (error instanceof TaskFault) return error
  if (error instanceof Error && error.cause instanceof TaskFault) return error.cause
  const { message } = error instanceof AggregateError ? (error.errors[0] as Error) : (error as Error)
  return TaskFault.of('communication', `${serverName(target)} cannot be used: ${message}.`, { cause: error })
}

/** One for each connection, so that a later one does not come with a token that has ended. What it got is remembered. */
export function authorizerFor({ authentication, options, memory }: Connecting): Authorizer {
  const authorizer = options.authenticator.authorizerFor(authentication, options)
  memory.authorizers.push(authorizer)
  return authorizer
}

export interface Credentials {
  readonly username: string
  readonly password: string
  readonly token: string | undefined
}

/** For protocols that know a user and a password: a token is the password of nobody. */
export async function credentialsFor(connecting: Connecting): Promise<Credentials | undefined> {
  const { target, authentication } = connecting
  if (authentication === undefined) return undefined
  if (authentication.scheme === 'basic') return { ...authentication, token: undefined }
  if (authentication.scheme === 'digest')
    throw TaskFault.of(
      'configuration',
      `Authentication by digest is for HTTP, not for ${serverName(target)}.`,
    )
  const header = await authorizerFor(connecting).first({
    method: 'POST',
    url: new URL(`${target.secure ? 'https' : 'http'}://${target.host}:${target.port}`),
    headers: {},
    body: undefined,
    followsRedirects: false,
    authentication,
  })
  const token = (header ?? '').replace(/^Bearer /, '')
  return { username: '', password: token, token }
}
