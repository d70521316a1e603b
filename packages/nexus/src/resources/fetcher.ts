/**
 * Reads resources from outside: files from disk, http and https through a function that is handed in. It owns the
 * limits (size, time, UTF-8) and keeps nothing; whether somebody may read a file at all is decided by who asks.
 */
import { readFile, stat } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { TaskFault, type Clock, type Json } from '@nexus/sdk'

export interface FetchOptions {
  /** An authentication policy that is whole: no names, no expressions. */
  readonly authentication?: Json
  readonly signal: AbortSignal
}

/** Rejects with `ResourceMissing` where nothing is found, and with another error where it cannot be told. */
export type Fetcher = (uri: URL, options: FetchOptions) => Promise<string>

/**
 * Gets the body of an address; redirects are its matter. Rejects for every status but success, best with a `TaskFault`
 * that has the status.
 */
export type HttpGet = (uri: URL, options: FetchOptions) => Promise<Uint8Array>

/** There is nothing at that address. */
export class ResourceMissing extends Error {
  override readonly name = 'ResourceMissing'
}

export const resourceBytesMax = 10 * 1024 * 1024
export const fetchMsMax = 30_000

export function fileAndHttpFetcher({ http, clock }: { http: HttpGet; clock: Clock }): Fetcher {
  return async (uri, { authentication, signal }) => {
    const limit = new AbortController()
    const stopTimer = clock.timer(fetchMsMax, () =>
      limit.abort(new Error(`no answer in ${fetchMsMax / 1000} s`)),
    )
    const ends = AbortSignal.any([signal, limit.signal])
    try {
      const get = uri.protocol === 'file:' ? readFileAt : getOver(http)
      const options = { signal: ends, ...(authentication !== undefined && { authentication }) }
      return textOf(await Promise.race([get(uri, options), rejection(ends)]))
    } finally {
      stopTimer()
    }
  }
}

/** Whoever does not heed the signal is not waited for. */
function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error)
    else signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
}

const statusesOfMissing = new Set([404, 410])

function getOver(http: HttpGet): HttpGet {
  return async (uri, options) => {
    try {
      return await http(uri, options)
    } catch (error) {
      if (error instanceof TaskFault && statusesOfMissing.has(error.error.status))
        throw new ResourceMissing(error.message, { cause: error })
      throw error
    }
  }
}

/** Only files: a device or a pipe would be read without end. */
async function readFileAt(uri: URL, { signal }: FetchOptions): Promise<Uint8Array> {
  try {
    const path = fileURLToPath(uri)
    const found = await stat(path)
    if (found.isDirectory()) throw new ResourceMissing('it is a folder')
    if (!found.isFile()) throw new Error('it is not a file')
    if (found.size > resourceBytesMax) throw tooLarge()
    return await readFile(path, { signal })
  } catch (error) {
    if (isMissing(error)) throw new ResourceMissing('there is no such file', { cause: error })
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')
}

function textOf(bytes: Uint8Array): string {
  if (bytes.length > resourceBytesMax) throw tooLarge()
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new Error('it is not text in UTF-8', { cause: error })
  }
}

function tooLarge(): Error {
  return new Error(`it is larger than ${resourceBytesMax / 1_048_576} MB`)
}
