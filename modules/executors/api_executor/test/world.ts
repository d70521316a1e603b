/** What the tests of this module share: services on this machine, and the module set up to call them. */
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo, Server, Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import { TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { testContext, testSetup } from '@nexus/sdk/testing'
import { Module } from '../main.ts'

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
}

export async function setup({ config = {}, ...world }: World = {}) {
  const module = new Module()
  const ledger = testSetup({ config })
  await module.setup(ledger)
  onTestFinished(() => ledger.release())
  const call = async (inputData: JsonObject) => {
    const metadata = { kind: 'http' }
    const context = testContext({ inputData, config, metadata, idempotencyKey: 'key-1', ...world })
    return (await module.execute(context)).outputData
  }
  return { module, call }
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
