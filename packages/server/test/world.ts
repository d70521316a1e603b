/**
 * A server over a Nexus in a temporary folder, on a port that was free, and a client of it.
 */
import { Client, type Problem } from '@nexus/api'
import { openNexus, type Nexus, type NexusOptions } from '@nexus/nexus'
import { systemClock } from '@nexus/sdk'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { serve, type ServeOptions, type Served } from '../src/index.ts'

export interface World {
  readonly nexus: Nexus
  readonly served: Served
  readonly client: Client
  /** Asks as any program may; `path` begins with a slash. */
  ask(path: string, init?: RequestInit): Promise<Response>
  /** Sends JSON, where there is any. */
  post(path: string, body?: unknown): Promise<Response>
  /** Closes both and opens the same data again; with other options of the Nexus where they are given. */
  restart(options?: Partial<NexusOptions>): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

export async function setup(
  options: Partial<ServeOptions> = {},
  nexusOptions: Partial<NexusOptions> = {},
): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-server-'))
  const open = async (more: Partial<NexusOptions> = nexusOptions) => {
    const nexus = await openNexus({ data: join(folder, 'data'), ...more })
    const served = await serve({ nexus, port: 0, ...options })
    const { token } = options
    const client = new Client({ url: served.url, clock: systemClock, ...(token !== undefined && { token }) })
    return { nexus, served, client }
  }
  let current = await open()
  const close = async (): Promise<void> => {
    await current.served.close()
    await current.nexus.close()
  }
  const ask = (path: string, init?: RequestInit): Promise<Response> =>
    fetch(`${current.served.url}${path}`, init)
  const headers = { 'content-type': 'application/json' }
  return {
    get nexus() {
      return current.nexus
    },
    get served() {
      return current.served
    },
    get client() {
      return current.client
    },
    ask,
    post: (path, body) =>
      ask(path, { method: 'POST', ...(body !== undefined && { body: JSON.stringify(body), headers }) }),
    async restart(more) {
      await close()
      current = await open(more)
    },
    async [Symbol.asyncDispose]() {
      await close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

export function documentOf(tasks: string, name = 'sample'): string {
  return `document: { dsl: '1.0.3', namespace: test, name: ${name}, version: '1.0.0' }\ndo:\n${tasks}`
}

/** Completes at once. */
export const greet = documentOf('  - greet: { set: { said: \'${ "Hello, " + .name }\' } }\n')
/** Waits for an event. */
export const approval = documentOf(`  - first: { set: { x: 1 } }
  - approve: { listen: { to: { one: { with: { type: approved } } } } }
  - last: { set: { done: true } }
`)

/** What was refused; an answer of another media type is none. */
export async function problemOf(response: Response): Promise<Problem> {
  const media = response.headers.get('content-type')
  if (media !== 'application/problem+json') throw new Error(`This is no problem but ${media}.`)
  return (await response.json()) as Problem
}
