/**
 * Reads what a call names by an endpoint and needs before it begins: a proto file, an AsyncAPI document, the card of an
 * agent. Over http and https as any call does, with its authentication and redirects; from the workflow itself, where that
 * had it beside its file (`data:`); from disk by `file:`, unless the call is for others. It keeps nothing.
 */
import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isJsonObject, TaskFault, type Json, type Policy } from '@nexus/sdk'
import { nameOf } from './address.ts'
import { refuseStatus, textOf } from './answer.ts'
import { readEndpoint, type Call } from './call.ts'
import { deliver, type DeliverOptions } from './deliver.ts'
import { requestOf } from './request.ts'
import { scalar } from './scalar.ts'
import { expandTemplate } from './uri_template.ts'

export interface Resource {
  /** Where it was found, after redirects. */
  readonly url: URL
  readonly text: string
  /** Whether redirects led to another origin than the one that was asked: nothing that is for that goes there. */
  readonly isElsewhere: boolean
  /** What came with it, by the names under which it asks for them; undefined where it is looked for. */
  readonly beside?: ReadonlyMap<string, string>
}

export interface ResourceOptions extends DeliverOptions {
  /** What URI templates are filled from. */
  readonly input: Json
  readonly policy: Policy
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
  if (isLocal(uri)) return readLocal(expandTemplate(uri, values), options.policy)
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

/** Whether it is reached without the network. */
export function isLocal(uri: string): boolean {
  return /^(?:file|data):/i.test(uri)
}

/** How errors name where a resource is. */
export function placeOf(url: URL): string {
  if (url.protocol === 'data:')
    return decodeURIComponent(/;name=([^;,]+)/.exec(url.pathname)?.[1] ?? 'The data in its address')
  return url.protocol === 'file:' ? fileURLToPath(url) : nameOf(url)
}

async function readLocal(uri: string, policy: Policy): Promise<Resource> {
  if (/^data:/i.test(uri)) return readData(uri)
  if (policy.network.private) return readFileResource(uri)
  throw TaskFault.of(
    'authorization',
    'A file may not be read by an address that is made in a run. A file of the workflow names it as it is, and relative to itself.',
  )
}

/** A file as it is, or one with others beside it. */
const besideType = 'application/vnd.nexus.files+json'

function readData(uri: string): Resource {
  const [, type = '', content] = /^data:([^,]*);base64,([A-Za-z0-9+/]*=*)$/i.exec(uri) ?? []
  const url = URL.parse(uri)
  if (content === undefined || !url)
    throw TaskFault.of('configuration', 'An address that begins with data: must have its content in base64.')
  const text = Buffer.from(content, 'base64').toString('utf8')
  if (!type.startsWith(besideType)) return { url, text, isElsewhere: false }
  const files = JSON.parse(text) as Json
  if (!isJsonObject(files) || typeof files['text'] !== 'string' || !isJsonObject(files['beside']))
    throw TaskFault.of('configuration', `${placeOf(url)} holds no file with those beside it.`)
  const beside = new Map(Object.entries(files['beside']).map(([name, other]) => [name, scalar(other)]))
  return { url, text: files['text'], isElsewhere: false, beside }
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
