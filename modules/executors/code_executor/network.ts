/**
 * The only way of a script into the network: this host dials for it. A host is reached when the script's task names it
 * and the operator's `network_allow` does; a name is looked up once, its addresses held against the policy, and one of
 * them dialled. Scripts
 * that can only ask (QuickJS, V8, Pyodide) have their requests made here; those that need a connection (Python) get a tunnel.
 */
import { randomUUID } from 'node:crypto'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { createServer, request as httpRequest, type IncomingMessage, type Server } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { connect, isIP, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { isJsonObject, TaskFault, type Clock, type Json, type JsonObject } from '@nexus/sdk'
import { resolveChecked, type NetworkPolicy } from '@nexus/sdk/network'
import { asText } from '@nexus/sdk/process'
import { covers, type HostPattern } from './host_pattern.ts'

const responseBytesMax = 16_777_216
const redirectsMax = 10
const dialMsMax = 10_000

export class Network {
  readonly #allowed: readonly HostPattern[]
  readonly #clock: Clock
  readonly #policy: NetworkPolicy
  readonly #grants = new Map<string, readonly HostPattern[]>()
  readonly #sockets = new Set<Duplex>()
  #proxy: Promise<{ server: Server; folder: string }> | undefined

  constructor(allowed: readonly HostPattern[], clock: Clock, policy: NetworkPolicy) {
    this.#allowed = allowed
    this.#clock = clock
    this.#policy = policy
  }

  /** What is asked for and allowed. Throws where something is asked for that the operator does not allow. */
  check(asked: readonly HostPattern[]): readonly HostPattern[] {
    const refused = asked.find((one) => !this.#allowed.some((pattern) => covers(pattern, one)))
    if (refused === undefined) return asked
    const allowed = this.#allowed.join(', ') || 'nothing'
    throw TaskFault.of(
      'authorization',
      `The script asks for the network host "${refused}"; code_executor's network_allow has ${allowed}. Add it there.`,
    )
  }

  /** The folder of the proxy's socket, where the operator allows any network at all. */
  async folder(): Promise<string[]> {
    return this.#allowed.length === 0 ? [] : [(await this.#opened()).folder]
  }

  /** A tunnel for the hosts of one script, until its end. */
  async grant(hosts: readonly HostPattern[]): Promise<{ grants: JsonObject; end(): void }> {
    const { folder } = await this.#opened()
    const token = randomUUID()
    this.#grants.set(token, hosts)
    return {
      grants: { network: { socket: join(folder, 'proxy'), token } },
      end: () => void this.#grants.delete(token),
    }
  }

  /** Makes a request for a script, each redirect held against what it may reach; within its own time, where it has one. */
  async fetch(hosts: readonly HostPattern[], asked: Json, signal: AbortSignal): Promise<JsonObject> {
    if (!isJsonObject(asked) || typeof asked['url'] !== 'string') throw new Error('no URL')
    const { url, timeout_ms: timeoutMs } = asked
    if (typeof timeoutMs !== 'number') return this.#fetch(hosts, { ...asked, url }, signal)
    const timeUp = new AbortController()
    const stopTimer = this.#clock.timer(timeoutMs, () => timeUp.abort())
    try {
      return await this.#fetch(hosts, { ...asked, url }, AbortSignal.any([signal, timeUp.signal]))
    } catch (error) {
      if (timeUp.signal.aborted) return { error: `no answer within ${timeoutMs} ms`, timed_out: true }
      throw error
    } finally {
      stopTimer()
    }
  }

  async #fetch(
    hosts: readonly HostPattern[],
    asked: JsonObject & { readonly url: string },
    signal: AbortSignal,
  ): Promise<JsonObject> {
    let url = new URL(asked.url)
    let [method, body] = [textOf(asked['method']) || 'GET', textOf(asked['body'])]
    let given = isJsonObject(asked['headers']) ? headersOf(asked['headers']) : {}
    for (let redirects = 0; redirects <= redirectsMax; redirects++) {
      const response = await this.#request(hosts, url, { method, body, headers: given, signal })
      const { statusCode: status = 0, headers, statusMessage: statusText = '' } = response
      const isRedirect = status >= 300 && status < 400 && headers.location !== undefined
      if (!isRedirect || asked['redirect'] === 'manual')
        return {
          status,
          statusText,
          url: url.href,
          redirected: redirects > 0,
          headers: pairs(response.headersDistinct),
          body: await readBody(response),
        }
      response.destroy()
      const next = new URL(headers.location ?? '', url)
      if (next.origin !== url.origin) given = withoutCredentials(given)
      url = next
      if (status !== 307 && status !== 308) [method, body] = ['GET', '']
    }
    throw new Error(`more than ${redirectsMax} redirects`)
  }

  async stop(): Promise<void> {
    const proxy = this.#proxy
    this.#proxy = undefined
    for (const socket of this.#sockets) socket.destroy()
    if (!proxy) return
    const { server, folder } = await proxy
    await new Promise((resolve) => void server.close(resolve))
    await rm(folder, { recursive: true, force: true })
  }

  async #request(
    hosts: readonly HostPattern[],
    url: URL,
    given: { method: string; body: string; headers: Readonly<Record<string, string>>; signal: AbortSignal },
  ): Promise<IncomingMessage> {
    if (url.protocol !== 'http:' && url.protocol !== 'https:')
      throw new Error(`${url.protocol} is not http or https`)
    const [name, port] = [
      url.hostname.replace(/^\[|\]$/g, ''),
      Number(url.port || (url.protocol === 'https:' ? 443 : 80)),
    ]
    const address = await this.#resolve(hosts, name, port)
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest
    const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>()
    const asking = send(url, {
      method: given.method,
      headers: given.headers,
      signal: given.signal,
      agent: false,
      lookup: (_name, options, callback) =>
        options.all
          ? callback(null, [{ address, family: isIP(address) }])
          : callback(null, address, isIP(address)),
    })
    asking.once('response', resolve).once('error', reject)
    // After an answer this changes nothing any more.
    asking.once('close', () => reject(new Error('the connection was closed without an answer')))
    asking.end(given.body === '' ? undefined : Buffer.from(given.body, 'base64'))
    return promise
  }

  /** The address that a script may dial for a host; throws where it may not. */
  async #resolve(hosts: readonly HostPattern[], name: string, port: number): Promise<string> {
    const isGranted = [hosts, this.#allowed].every((list) =>
      list.some((one) => covers(one, `${name}:${port}`)),
    )
    if (!isGranted) throw new Error(`${name}:${port} is not among the hosts that this script was granted`)
    const [found] = await resolveChecked(name, this.#policy)
    if (!found) throw new Error(`${name} has no address`)
    return found.address
  }

  #opened(): Promise<{ server: Server; folder: string }> {
    this.#proxy ??= this.#open()
    return this.#proxy
  }

  async #open(): Promise<{ server: Server; folder: string }> {
    const folder = await mkdtemp(join(await realpath(tmpdir()), 'nexus-proxy-'))
    const server = createServer((_request, response) => response.writeHead(405).end())
    server.on('connect', (request: IncomingMessage, socket: Duplex) => {
      this.#track(socket)
      this.#tunnel(request, socket).catch((error: unknown) =>
        socket.end(`HTTP/1.1 403 Forbidden\r\n\r\n${error instanceof Error ? error.message : ''}`),
      )
    })
    server.unref()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(join(folder, 'proxy'), resolve)
    })
    return { server, folder }
  }

  async #tunnel(request: IncomingMessage, client: Duplex): Promise<void> {
    const token = /^Bearer (.+)$/.exec(request.headers['proxy-authorization'] ?? '')?.[1] ?? ''
    const hosts = this.#grants.get(token)
    const [, name = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(request.url ?? '') ?? []
    if (!hosts) throw new Error('no grant')
    const socket = await this.#dial(await this.#resolve(hosts, name, Number(port)), Number(port))
    this.#track(socket)
    client.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    client.pipe(socket).pipe(client)
    client.once('close', () => socket.destroy())
    socket.once('close', () => client.destroy())
  }

  #dial(host: string, port: number): Promise<Socket> {
    const { promise, resolve, reject } = Promise.withResolvers<Socket>()
    const socket = connect({ host, port })
    const stopTimer = this.#clock.timer(dialMsMax, () => socket.destroy(new Error('no answer')))
    socket.once('connect', () => resolve(socket)).once('error', reject)
    return promise.finally(stopTimer)
  }

  #track(socket: Duplex): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => this.#sockets.delete(socket))
  }
}

const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '')

function headersOf(given: JsonObject): Record<string, string> {
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, asText(value)]))
}

/** What is for one origin is not for another that it sends to. */
const credentials = new Set(['authorization', 'cookie', 'proxy-authorization', 'host'])

function withoutCredentials(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !credentials.has(name.toLowerCase())))
}

/** A field that came several times, as cookies do, is there several times. */
function pairs(headers: IncomingMessage['headersDistinct']): Json {
  return Object.entries(headers).flatMap(([name, values = []]) => values.map((value) => [name, value]))
}

async function readBody(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of response) {
    if (!(chunk instanceof Buffer)) continue
    sizeBytes += chunk.length
    if (sizeBytes > responseBytesMax)
      throw new Error(`the answer is larger than ${responseBytesMax / 1_048_576} MB`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('base64')
}
