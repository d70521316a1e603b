/**
 * A world for tests of resources: a folder, a web server with files, and pins that last as long as the folder.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { isJsonObject, systemClock, TaskFault } from '@nexus/sdk'
import { parseWorkflow, type Problem } from '@nexus/workflow'
import { bundle, type BundleOptions } from '../../src/resources/bundle.ts'
import { fileAndHttpFetcher, type HttpGet } from '../../src/resources/fetcher.ts'
import { pinsOf } from '../../src/resources/folder_pins.ts'
import type { BundledWorkflow } from '../../src/resources/self_contained.ts'

export type World = Awaited<ReturnType<typeof setup>>

/** `files` are put into the folder; what `web` has by its path is served over HTTP. */
export async function setup(files: Readonly<Record<string, string>> = {}, web: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-resources-'))
  const pins = pinsOf(join(folder, 'data'))
  const server = await serve(web)
  const write = (path: string, text: string | Uint8Array): void => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  for (const [path, text] of Object.entries(files)) write(path, text)
  const fetcher = fileAndHttpFetcher({ http: httpGet, clock: systemClock })
  return {
    folder,
    pins,
    write,
    web,
    url: server.url,
    requests: server.requests,
    goOffline: server.close,
    bundle: (text: string, options: Partial<BundleOptions> = {}): Promise<BundledWorkflow> =>
      bundle(parseWorkflow(text), { fetcher, pins, base: folder, ...options }),
    async [Symbol.asyncDispose]() {
      await server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function serve(web: Readonly<Record<string, string>>) {
  const requests: IncomingMessage[] = []
  const server = createServer((request, response) => {
    requests.push(request)
    const text = web[request.url ?? '']
    response.statusCode = text === undefined ? 404 : 200
    response.end(text ?? 'nothing here')
  })
  await new Promise<void>((ready) => void server.listen(0, '127.0.0.1', ready))
  const { port } = server.address() as AddressInfo
  const close = (): Promise<void> =>
    new Promise((closed) => {
      server.close(() => closed())
      server.closeAllConnections()
    })
  return { url: `http://127.0.0.1:${port}`, requests, close }
}

/** As a module would do it: it knows bearer tokens, and says the status of a refusal. */
export const httpGet: HttpGet = async (uri, { authentication, signal }) => {
  const bearer = isJsonObject(authentication) ? authentication['bearer'] : undefined
  const token = isJsonObject(bearer) ? bearer['token'] : undefined
  const headers = typeof token === 'string' ? { authorization: `Bearer ${token}` } : {}
  const response = await fetch(uri, { signal, headers })
  const { status } = response
  if (!response.ok) throw TaskFault.of('communication', `GET ${uri.href} answered ${status}.`, { status })
  return new Uint8Array(await response.arrayBuffer())
}

export interface DocumentParts {
  readonly use?: string
  readonly head?: string
}

/** A document that makes these calls, one after another. */
export function calling(
  calls: string | readonly string[],
  { use = '', head = '' }: DocumentParts = {},
): string {
  const tasks = [calls].flat().map((call, index) => `  - call${index}:\n      call: ${JSON.stringify(call)}`)
  return `document: { dsl: '1.0.3', namespace: test, name: sample, version: '1.0.0' }
${head}
use: {${use}}
do:
${tasks.join('\n')}
`
}

export const catalogAt = (uri: string, name = 'shared'): string => `catalogs: {${name}: {endpoint: '${uri}'}}`

/** The problems in one line each: `line:column code message`, with the hint behind it. */
export function told({ problems }: { readonly problems: readonly Problem[] }): string[] {
  return problems.map(
    ({ start, code, message, hint }) =>
      `${start.line}:${start.column} ${code} ${message}${hint === undefined ? '' : ` ${hint}`}`,
  )
}
