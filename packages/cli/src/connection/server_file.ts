/**
 * Where the server of a data directory listens: `server.json` in it, for the commands of whoever may read the directory.
 * It names the file of the token, never the token. What a killed server leaves behind is recognised, since nobody at
 * that address answers with the same instance.
 */
import { Client, operations } from '@nexus/api'
import { isJsonObject, NexusError, systemClock, type Json } from '@nexus/sdk'
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface ServerFile {
  readonly url: string
  readonly pid: number
  readonly instance: string
  /** Where the token is; null where it came otherwise, or none is needed. */
  readonly token_file: string | null
}

export interface FoundServer {
  readonly url: string
  readonly token: string | undefined
}

const fileName = 'server.json'
/** How long a server is given to say that it is there. */
const healthMsMax = 2_000

/** Readable by its owner alone. */
export function writeServerFile(data: string, about: ServerFile): void {
  const file = join(data, fileName)
  const draft = `${file}.${about.pid}`
  writeFileSync(draft, `${JSON.stringify(about, null, 2)}\n`, { mode: 0o600 })
  renameSync(draft, file)
}

export function removeServerFile(data: string): void {
  rmSync(join(data, fileName), { force: true })
}

/** The server that is up on a data directory. Rejects with `NexusError` `token_unreadable`. */
export async function findServer(data: string): Promise<FoundServer | undefined> {
  const about = readServerFile(data)
  if (!about || !(await isUp(about))) return undefined
  const { url, token_file: file } = about
  return { url, token: file === null ? process.env['NEXUS_TOKEN'] : readToken(file) }
}

function readServerFile(data: string): ServerFile | undefined {
  try {
    const value = JSON.parse(readFileSync(join(data, fileName), 'utf8')) as Json
    return isServerFile(value) ? value : undefined
  } catch {
    return undefined // there is none, or it is not whole: then nobody is asked
  }
}

function isServerFile(value: unknown): value is ServerFile {
  if (!isJsonObject(value)) return false
  const { url, instance, token_file: file } = value
  return (
    typeof url === 'string' && typeof instance === 'string' && (file === null || typeof file === 'string')
  )
}

async function isUp({ url, instance }: ServerFile): Promise<boolean> {
  const client = new Client({ url, clock: systemClock })
  try {
    const health = await client.call(operations.server.health, { signal: AbortSignal.timeout(healthMsMax) })
    return health.instance === instance
  } catch {
    return false // the data directory says who holds it, if anybody does
  }
}

export function readToken(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new NexusError('token_unreadable', `The token cannot be read: ${reason}.`, { cause: error })
  }
}
