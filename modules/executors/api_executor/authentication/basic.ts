/** Basic authentication (RFC 7617): a user name and a password in every request. */
import type { JsonObject } from '@nexus/sdk'
import { readPassword } from './members.ts'

export interface Basic {
  readonly scheme: 'basic'
  readonly username: string
  readonly password: string
}

export function readBasic(details: JsonObject): Basic {
  return readPassword('basic', details)
}

export function basicCredentials({ username, password }: Pick<Basic, 'username' | 'password'>): string {
  return Buffer.from(`${username}:${password}`).toString('base64')
}
