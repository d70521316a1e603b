/**
 * What the tests of this module share: the module set up to ask an endpoint on this machine, the mock of the protocol,
 * and a server whose every answer the test writes itself, for what the mock cannot do.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { LLMock, type MockServerOptions } from '@copilotkit/aimock'
import { onTestFinished } from 'vitest'
import { isJsonObject, systemClock, TaskFault, type Clock, type Json, type JsonObject } from '@nexus/sdk'
import { testContext, testSetup, type TestContext } from '@nexus/sdk/testing'
import { Module } from '../main.ts'

export const key = 'sk-test-0123456789abcdef'

/** Speaks the protocol; every answer is a fixture of the test. */
export async function startMock(options: MockServerOptions = {}): Promise<LLMock> {
  const mock = new LLMock({ port: 0, ...options })
  await mock.start()
  onTestFinished(() => mock.stop())
  return mock
}

export interface Asked {
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: JsonObject
}

/** Answers as the test says, and keeps what was asked. */
export async function serve(answer: (response: ServerResponse, asked: Asked, count: number) => void) {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      asked.push({ path: request.url ?? '', headers: request.headers, body })
      answer(response, { path: request.url ?? '', headers: request.headers, body }, asked.length)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => void server.close(resolve))
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, asked, server }
}

async function bodyOf(request: IncomingMessage): Promise<JsonObject> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  const body: Json = text === '' ? {} : (JSON.parse(text) as Json)
  return isJsonObject(body) ? body : {}
}

/** A stream of events, as the API sends it; `end: false` leaves it open. */
export function sendEvents(
  response: ServerResponse,
  pieces: readonly (object | string)[],
  { end = true } = {},
): void {
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (const piece of pieces)
    response.write(`data: ${typeof piece === 'string' ? piece : JSON.stringify(piece)}\n\n`)
  if (end) response.end()
}

export function piece(delta: object, finish: string | null = null): object {
  return {
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'tiny',
    choices: [{ index: 0, delta, finish_reason: finish }],
  }
}

/** A whole answer of one text. */
export function answerWith(response: ServerResponse, text: string): void {
  const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
  sendEvents(response, [
    piece({ role: 'assistant', content: text }),
    piece({}, 'stop'),
    { choices: [], usage },
    '[DONE]',
  ])
}

export function refuse(
  response: ServerResponse,
  status: number,
  error: object,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify({ error }))
}

interface World {
  readonly config?: JsonObject
  readonly signal?: AbortSignal
  readonly clock?: Clock
  readonly secrets?: Record<string, string>
}

export async function setup(
  url: string,
  { config: own = {}, secrets = { llm_api_key: key }, ...world }: World = {},
) {
  const config = {
    base_url: url,
    api_key_secret: 'llm_api_key',
    model: 'tiny',
    embedding_model: 'tiny-embed',
    ...own,
  }
  const module = new Module(config)
  const ledger = testSetup({ config, secrets })
  await module.setup(ledger)
  onTestFinished(async () => {
    await module.teardown()
    await ledger.release()
  })
  const contexts: TestContext[] = []
  const asking =
    (kind: string) =>
    async (inputData: JsonObject): Promise<JsonObject> => {
      const calls = { 'event.emit': (event: Json): Json => event }
      const context = testContext<Json>({ inputData, config, secrets, metadata: { kind }, calls, ...world })
      contexts.push(context)
      const { outputData } = await module.execute(context)
      if (!isJsonObject(outputData)) throw new TypeError('The output is no object.')
      return outputData
    }
  const chat = asking('llm.chat')
  return {
    module,
    chat,
    embed: asking('llm.embed'),
    say: (content: string, more: JsonObject = {}) => chat({ messages: [{ role: 'user', content }], ...more }),
    /** What was shown while it ran. */
    live: (channel = 'stdout') =>
      contexts
        .flatMap(({ recorded }) => recorded.streams)
        .filter((chunk) => chunk.channel === channel)
        .map(({ text }) => text),
    /** Events that it published. */
    events: () => contexts.flatMap(({ recorded }) => recorded.calls.map(({ input }) => input)),
    logs: () => contexts.flatMap(({ recorded }) => recorded.logs),
  }
}

export async function faultOf(work: Promise<unknown>): Promise<TaskFault> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof TaskFault) return error
  throw new Error('Expected a TaskFault.', { cause: error })
}

/** Waits take no time, and are kept. */
export function hastyClock() {
  const waitsMs: number[] = []
  const clock: Clock = {
    ...systemClock,
    random: () => 1,
    sleep: async (delayMs, signal) => {
      signal?.throwIfAborted()
      waitsMs.push(delayMs)
    },
  }
  return { clock, waitsMs }
}
