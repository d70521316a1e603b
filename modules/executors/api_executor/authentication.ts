/** Authentication policies as the specification has them, to an authorization header. It fetches no token. */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'

const supported = 'Supported: basic (username, password), bearer (token).'

/** The value of the header, or undefined where no policy is given. */
export function readAuthentication(policy: Json | undefined): string | undefined {
  if (policy === undefined || policy === null) return undefined
  const [[scheme, details] = ['', null]] = isJsonObject(policy) ? Object.entries(policy) : []
  if (scheme === 'use') {
    throw TaskFault.of(
      'configuration',
      `Authentication ${JSON.stringify(details)} was not resolved. ${supported}`,
    )
  }
  if (scheme !== 'basic' && scheme !== 'bearer') {
    throw TaskFault.of(
      'configuration',
      `Authentication by "${scheme}" is not supported by api_executor. ${supported}`,
    )
  }
  if (!isJsonObject(details))
    throw TaskFault.of('configuration', `Authentication by ${scheme} needs an object. ${supported}`)
  return scheme === 'bearer' ? bearer(details) : basic(details)
}

function bearer({ token }: JsonObject): string {
  if (typeof token !== 'string' || token === '') {
    throw TaskFault.of('configuration', 'Authentication by bearer needs a `token`.')
  }
  return headerSafe(`Bearer ${token}`)
}

function basic({ username, password }: JsonObject): string {
  if (typeof username !== 'string' || typeof password !== 'string') {
    throw TaskFault.of('configuration', 'Authentication by basic needs a `username` and a `password`.')
  }
  return basicAuthorization(username, password)
}

export function basicAuthorization(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

/** The token itself must not stand in the error. */
function headerSafe(value: string): string {
  if (/^[\t\x20-\x7e]+$/.test(value)) return value
  throw TaskFault.of(
    'configuration',
    'The bearer token has characters that no header can carry. Is there a line end in it?',
  )
}
