/**
 * Reads what a call names by an endpoint and needs before it begins: a proto file, an AsyncAPI document, the card of an
 * agent. Over http and https as any call does, with its authentication and redirects; from disk by `file:`. It keeps nothing.
 */
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isJsonObject, TaskFault, type Json } from '@nexus/sdk'
import { nameOf } from './address.ts'
import { refuseStatus, textOf } from './answer.ts'
import { readEndpoint, type Call } from './call.ts'
import { deliver, type DeliverOptions } from './deliver.ts'
import { requestOf } from './request.ts'
import { expandTemplate } from './uri_template.ts'

export interface Resource {
  /** Where it was found, after redirects. */
  readonly url: URL
  readonly text: string
  /** Whether redirects led to another origin than the one that was asked: nothing that is for that goes there. */
  readonly isElsewhere: boolean
}

export interface ResourceOptions extends DeliverOptions {
  /** What URI templates are filled from. */
  readonly input: Json
}

/** From disk; over HTTP the limit is that of any answer. */
const fileBytesMax = 10 * 1_048_576

/** `accept` is what a server is asked for. */
export async function readResource(
  endpoint: Json,
  options: ResourceOptions,
  accept = 'application/json, application/yaml;q=0.9, */*;q=0.5',
): Promise<Resource> {
  const { uri, authentication } = readEndpoint(endpoint)
  const values = isJsonObject(options.input) ? options.input : {}
  if (/^file:/i.test(uri)) return readFileResource(expandTemplate(uri, values))
  const call: Call = {
    uri,
    authentication,
    method: 'GET',
    headers: { accept },
    body: undefined,
    query: {},
    output: 'raw',
    redirect: true,
  }
  const request = requestOf(call, options.input, '')
  const answer = await deliver(request, { ...options, overflow: undefined })
  refuseStatus(request, answer)
  const isElsewhere = answer.url.origin !== request.url.origin
  return { url: answer.url, text: textOf(answer.body, answer.headers), isElsewhere }
}

/** How errors name where a resource is. */
export function placeOf(url: URL): string {
  return url.protocol === 'file:' ? fileURLToPath(url) : nameOf(url)
}

/** Only files: a device or a pipe would be read without end. */
async function readFileResource(uri: string): Promise<Resource> {
  const url = fileUrl(uri)
  const place = placeOf(url)
  try {
    const found = await stat(url)
    if (!found.isFile()) throw new Error('it is not a file')
    if (found.size > fileBytesMax) throw new Error(`it is larger than ${fileBytesMax / 1_048_576} MB`)
    return { url, text: await readFile(url, 'utf8'), isElsewhere: false }
  } catch (error) {
    throw TaskFault.of('configuration', `${place} cannot be read: ${reasonOf(error)}.`, { cause: error })
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error && error.code === 'ENOENT' ? 'there is no such file' : error.message
}

/** `file://app/greet.proto`, as the specification writes it, names a host; it means a path from the working folder. */
function fileUrl(uri: string): URL {
  const url = URL.parse(uri)
  if (!url) throw TaskFault.of('configuration', `"${uri}" is not the address of a file.`)
  const isLocal = url.hostname === '' || url.hostname === 'localhost'
  if (isLocal || process.platform === 'win32') return url
  return pathToFileURL(resolve(url.hostname, `.${decodeURIComponent(url.pathname)}`))
}
