/** Bearer authentication (RFC 6750): a token that somebody else got. */
import { TaskFault, type JsonObject } from '@nexus/sdk'
import { refuseUnknown, wrongPolicy } from './members.ts'

export interface Bearer {
  readonly scheme: 'bearer'
  readonly token: string
}

export function readBearer(details: JsonObject): Bearer {
  const { token } = details
  if (typeof token !== 'string' || token === '') throw wrongPolicy('bearer needs a `token`.')
  refuseUnknown(details, ['token'], 'bearer')
  return { scheme: 'bearer', token: headerSafe(token) }
}

/** The token itself must not stand in the error. */
function headerSafe(token: string): string {
  if (/^[\t\x20-\x7e]+$/.test(token)) return token
  throw TaskFault.of(
    'configuration',
    'The bearer token has characters that no header can carry. Is there a line end in it?',
  )
}
