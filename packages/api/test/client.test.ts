import { systemClock } from '@nexus/sdk'
import { expect, test } from 'vitest'
import { Client, encodeEvent, operations, type LifecycleEvent } from '../src/index.ts'

interface Sent {
  readonly method: string
  readonly url: string
  readonly headers: Headers
  readonly body: unknown
}

/** A client whose requests are answered by `answer`, and all that it asked for. */
function setup(answer: (request: Sent, count: number) => Response, token?: string) {
  const asked: Sent[] = []
  const fetch: typeof globalThis.fetch = async (url, { method = '', headers, body } = {}) => {
    const text = typeof body === 'string' ? (JSON.parse(body) as unknown) : undefined
    const request = { method, url: new Request(url).url, headers: new Headers(headers), body: text }
    asked.push(request)
    return answer(request, asked.length)
  }
  const clock = { ...systemClock, sleep: async () => {} }
  const options = { url: 'http://server.test', clock, fetch, ...(token !== undefined && { token }) }
  return { client: new Client(options), asked }
}

const event = (id: string): LifecycleEvent => ({
  specversion: '1.0',
  id,
  source: 'urn:test',
  type: 'test',
  subject: '/',
  time: '2026-01-01T00:00:00Z',
  datacontenttype: 'application/json',
  data: {},
})
const streamOf = (...ids: string[]): Response =>
  new Response(ids.map((id) => encodeEvent({ id, data: JSON.stringify(event(id)) })).join(''))

async function idsOf(events: AsyncIterable<LifecycleEvent>): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of events) ids.push(id)
  return ids
}

test('what is asked for stands in the path, the query and the body, escaped', async () => {
  const { client, asked } = setup(() => Response.json({}), 'a-token')
  await client.call(operations.runs.get, { params: { id: 'a/b?c' }, query: { wait: 1.5 } })
  await client.call(operations.runs.list, { query: { status: ['faulted', 'cancelled'], all: true } })
  await client.call(operations.runs.fork, { params: { id: 'x' }, body: { path: '/do/0/ü' } })
  expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
    'GET http://server.test/runs/a%2Fb%3Fc?wait=1.5',
    'GET http://server.test/runs?status=faulted&status=cancelled&all=true',
    'POST http://server.test/runs/x/fork',
  ])
  expect(asked[2]?.body).toEqual({ path: '/do/0/ü' })
  expect(asked[2]?.headers.get('content-type')).toBe('application/json')
  expect(asked[0]?.headers.get('content-type')).toBeNull()
  expect(asked[0]?.headers.get('authorization')).toBe('Bearer a-token')
})

test('whoever follows a run asks again where the connection broke, after the last event that came', async () => {
  const broken = (): never => {
    throw new TypeError('fetch failed', { cause: new Error('read ECONNRESET') })
  }
  const { client, asked } = setup((_request, count) => {
    if (count === 2) return broken()
    return [streamOf('1', '2'), streamOf(), streamOf('3')][count - 1] ?? new Response(null, { status: 204 })
  })
  expect(await idsOf(client.follow('r'))).toEqual(['1', '2', '3'])
  expect(asked.map(({ headers }) => headers.get('last-event-id'))).toEqual([null, '2', '2', '3'])
})

test('whoever follows a run gives up where nobody answers any more, and at once where it is refused', async () => {
  const { client, asked } = setup(() => {
    throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED') })
  })
  await expect(idsOf(client.follow('r'))).rejects.toMatchObject({
    code: 'server_unreachable',
    message: expect.stringContaining('connect ECONNREFUSED'),
  })
  expect(asked.length).toBeGreaterThan(10)
  const problem = { code: 'run_not_found', detail: 'There is no run "r".', status: 404 }
  const refusing = setup(() => Response.json(problem, { status: 404 }))
  await expect(idsOf(refusing.client.follow('r'))).rejects.toMatchObject({ code: 'run_not_found' })
  expect(refusing.asked).toHaveLength(1)
})

test('an answer that is no problem of a Nexus is said to be none', async () => {
  for (const body of ['<html>', '{"error": "no"}', '']) {
    const { client } = setup(() => new Response(body, { status: 502 }))
    await expect(client.call(operations.runs.list)).rejects.toMatchObject({
      code: 'not_a_nexus',
      message: expect.stringContaining('502'),
    })
  }
})
