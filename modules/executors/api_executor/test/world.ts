/** What the tests of this module share: services on this machine, and the module set up to call them. */
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Server, Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import {
  openPolicy,
  systemClock,
  TaskFault,
  type Blobs,
  type Clock,
  type Json,
  type JsonObject,
  type Policy,
} from '@nexus/sdk'
import { testContext, testSetup, type TestTask } from '@nexus/sdk/testing'
import { Module } from '../main.ts'
import type { Resolve } from '@nexus/sdk/network'

export async function listen(server: Server, sockets = new Set<Socket>()): Promise<number> {
  server.on('connection', (socket: Socket) => void sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    sockets.forEach((socket) => socket.destroy())
    await new Promise((resolve) => void server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

export const serve = async (listener: RequestListener) =>
  `http://127.0.0.1:${await listen(createServer(listener))}`

interface World {
  input?: Json
  config?: JsonObject
  signal?: AbortSignal
  clock?: Clock
  blobs?: Blobs
  policy?: Policy
  evaluate?: (expression: string, input: Json, variables: JsonObject) => Json
  tasks?: Readonly<Record<string, TestTask>>
  /** Of which run the task is. */
  runId?: string
}

interface Hosting extends World {
  /** Whether private addresses may be reached; true by default. */
  private?: boolean
  resolve?: Resolve
}

export async function setup({ config = {}, private: isPrivate = true, resolve, ...world }: Hosting = {}) {
  const module = resolve ? new (resolvingBy(resolve))() : new Module()
  /** What the module logged. */
  const logs: unknown[] = []
  const policy = { ...openPolicy, network: { private: isPrivate }, ...world.policy }
  const ledger = testSetup({ config, policy, ...(world.clock && { clock: world.clock }) })
  await module.setup(ledger)
  onTestFinished(() => ledger.release())
  const caller = (kind: string) => async (inputData: JsonObject, own?: World) => {
    const given = { config, metadata: { kind }, idempotencyKey: 'key-1', policy, ...world, ...own }
    const made = testContext({ inputData, ...given })
    const context = { ...made, run: { ...made.run, id: given.runId ?? made.run.id } }
    const { outputData } = await module.execute(context)
    logs.push(...context.recorded.logs)
    return outputData
  }
  return { module, ledger, logs, caller, call: caller('http'), callOpenApi: caller('openapi') }
}

function resolvingBy(own: Resolve): typeof Module {
  return class extends Module {
    protected override readonly resolve = own
  }
}

/** A clock on which every wait is over at once, and took its time. It keeps what was waited for. */
export function skippingClock(startMs = Date.parse('2026-01-01T00:00:00Z')) {
  let passedMs = 0
  const waitsMs: number[] = []
  const clock: Clock = {
    ...systemClock,
    now: () => startMs + passedMs,
    elapsed: () => passedMs,
    random: () => 0.5,
    sleep: async (delayMs, signal) => {
      signal?.throwIfAborted()
      waitsMs.push(delayMs)
      passedMs += delayMs
    },
  }
  return { clock, waitsMs, pass: (durationMs: number) => void (passedMs += durationMs) }
}

/** A clock whose durations pass when the test says so. It keeps what the limits of requests were; none of them ends. */
export function slowClock() {
  let elapsedMs = 0
  const limitsMs: number[] = []
  const clock: Clock = {
    ...systemClock,
    elapsed: () => elapsedMs,
    timer: (delayMs) => {
      limitsMs.push(delayMs)
      return () => undefined
    },
  }
  return { clock, limitsMs, pass: (durationMs: number) => void (elapsedMs += durationMs) }
}

/** A service that answers with what it was asked. */
export const echo: RequestListener = (request, response) => {
  const { method, url, headers } = request
  let body = ''
  request.setEncoding('utf8').on('data', (text: string) => (body += text))
  request.on('end', () => {
    response.setHeader('content-type', 'application/json; charset=utf-8')
    response.end(JSON.stringify({ method, url, headers, body }))
  })
}

export async function faultOf(work: Promise<unknown>): Promise<TaskFault> {
  const fault = await work.catch((error: unknown) => error)
  if (!(fault instanceof TaskFault)) throw new Error('This should have faulted.', { cause: fault })
  return fault
}

/** A service with a description, at the address that comes back; all others of its addresses echo. HOST in it is its own. */
export async function serveDescribed(document: JsonObject | string, path = '/v1/api.json') {
  const fetched: string[] = []
  const text = typeof document === 'string' ? document : JSON.stringify(document)
  const host = await serve((request, response) => {
    if (request.url !== path) return echo(request, response)
    fetched.push(request.headers.authorization ?? '')
    response.end(text.replaceAll('HOST', request.headers.host ?? ''))
  })
  return { host, endpoint: host + path, fetched }
}
