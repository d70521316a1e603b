/**
 * Gets the code of a script from where it is: once, up to a limit, and only from where this Nexus may read: files of the
 * operator's folders, and hosts that the policy lets it reach, looked at after every redirect. It runs nothing.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { fileURLToPath } from 'node:url'
import { TaskFault, type Policy } from '@nexus/sdk'
import { checkHost, guardedLookup } from '@nexus/sdk/network'
import { readMachineFile } from './machine_files.ts'
import type { CodePlace } from './script.ts'

export interface SourceOptions {
  readonly policy: Policy
  /** Folders of this machine whose files may be scripts. */
  readonly folders: readonly string[]
  readonly signal: AbortSignal
}

const sourceBytesMax = 10_485_760
const redirectsMax = 10

export async function loadCode(place: CodePlace, options: SourceOptions): Promise<string> {
  if (place.kind === 'inline') return place.code
  const { url } = place
  try {
    const bytes =
      url.protocol === 'file:'
        ? await readMachineFile(fileURLToPath(url), { folders: options.folders, bytesMax: sourceBytesMax })
        : await download(url, options)
    return bytes.toString('utf8')
  } catch (error) {
    options.signal.throwIfAborted()
    if (error instanceof TaskFault) throw error
    // Without a user, a password and a query, in which may be secrets.
    const shown = url.origin === 'null' ? url.pathname : url.origin + url.pathname
    throw TaskFault.of('communication', `Cannot read the script at ${shown}: ${reason(error)}.`, {
      cause: error,
    })
  }
}

async function download(first: URL, { policy, signal }: SourceOptions): Promise<Buffer> {
  let url = first
  for (let redirects = 0; redirects <= redirectsMax; redirects++) {
    checkHost(url.hostname, policy)
    const response = await get(url, policy, signal)
    const { statusCode = 0, headers } = response
    if (statusCode < 300 || statusCode >= 400 || headers.location === undefined)
      return bodyOf(response, statusCode)
    response.destroy()
    url = new URL(headers.location, url)
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw new Error(`it redirects to ${url.protocol}, which is not http or https`)
  }
  throw new Error(`it redirects more than ${redirectsMax} times`)
}

function get(url: URL, policy: Policy, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  const asking = send(url, { signal, agent: false, lookup: guardedLookup(policy) })
  asking.once('response', resolve).once('error', reject).end()
  return promise
}

async function bodyOf(response: IncomingMessage, status: number): Promise<Buffer> {
  if (status < 200 || status > 299) {
    response.destroy()
    throw new Error(`the server answered ${status}`)
  }
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes > sourceBytesMax) throw new Error(`it is larger than ${sourceBytesMax / 1_048_576} MB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
