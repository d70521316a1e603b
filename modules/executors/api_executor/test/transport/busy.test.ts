/** Services that are busy or down: when a request is sent again, how many at once, and when nothing is sent at all. */
import type { RequestListener, ServerResponse } from 'node:http'
import { expect, test } from 'vitest'
import { Cancelled } from '@nexus/sdk'
import { retryAfterMs } from '../../transport/retry.ts'
import { faultOf, serve, setup, skippingClock } from '../world.ts'

/** Nothing listens at so low a port. */
const nowhere = 'http://127.0.0.1:2/'

/** Answers with each of these in turn, and with the last from then on. */
async function serveInTurn(...answers: [status: number, headers?: Record<string, string>][]) {
  const asked: string[] = []
  const listener: RequestListener = (request, response) => {
    const [status, headers = {}] = answers[Math.min(asked.length, answers.length - 1)] ?? [200]
    asked.push(`${request.method} ${String(request.headers['idempotency-key'])}`)
    request.resume()
    response.writeHead(status, headers).end(`answer ${asked.length}`)
  }
  return { endpoint: await serve(listener), asked }
}

test.for([
  ['0', 0],
  ['120', 120_000],
  [' 7 ', 7000],
  ['Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['Thursday, 01-Jan-26 00:00:30 GMT', 30_000],
  ['Wed, 31 Dec 2025 23:59:00 GMT', 0],
  ['soon', undefined],
  ['-1', undefined],
  ['1.5', undefined],
  ['2026', 2_026_000],
  ['', undefined],
  [undefined, undefined],
] as const)('Retry-After of %j is %j ms from the first of January 2026', ([header, ms]) => {
  expect(retryAfterMs(header, Date.parse('2026-01-01T00:00:00Z'))).toBe(ms)
})

test.for([429, 503])(
  'after %i with a time, a request is sent again at that time and a little later',
  async (status) => {
    const { clock, waitsMs } = skippingClock()
    const { call } = await setup({ clock })
    const { endpoint, asked } = await serveInTurn([status, { 'retry-after': '4' }], [200])
    expect(await call({ method: 'get', endpoint })).toBe('answer 2')
    expect(asked).toHaveLength(2)
    expect(waitsMs).toEqual([4000 + 0.5 * 400])
  },
)

test('a date is a time too', async () => {
  const { clock, waitsMs } = skippingClock()
  const { call } = await setup({ clock })
  const date = { 'retry-after': 'Thu, 01 Jan 2026 00:00:10 GMT' }
  const { endpoint } = await serveInTurn([503, date], [200])
  await call({ method: 'get', endpoint })
  expect(waitsMs).toEqual([10_000 + 0.5 * 1000])
})

test.for([
  ['no time', [429], {}],
  ['another status', [500, { 'retry-after': '1' }], {}],
  ['more than retry_wait_ms', [429, { 'retry-after': '31' }], {}],
  ['retries of 0', [429, { 'retry-after': '1' }], { retries: 0 }],
] as const)('with %s the answer stands', async ([, answer, config]) => {
  const { clock, waitsMs } = skippingClock()
  const { call } = await setup({ clock, config })
  const { endpoint, asked } = await serveInTurn([answer[0], answer[1] ?? {}], [200])
  expect((await faultOf(call({ method: 'get', endpoint }))).error.status).toBe(answer[0])
  expect(asked).toHaveLength(1)
  expect(waitsMs).toEqual([])
})

test('it is tried so often, and waited so long altogether, and then the answer is a fault', async () => {
  const busy: [number, Record<string, string>] = [429, { 'retry-after': '10' }]
  const often = skippingClock()
  const one = await setup({ clock: often.clock, config: { retries: 3, retry_wait_ms: 60_000 } })
  const first = await serveInTurn(busy)
  expect((await faultOf(one.call({ method: 'get', endpoint: first.endpoint }))).error.status).toBe(429)
  expect(first.asked).toHaveLength(4)
  const long = skippingClock()
  const other = await setup({ clock: long.clock, config: { retries: 9, retry_wait_ms: 25_000 } })
  const second = await serveInTurn(busy)
  await faultOf(other.call({ method: 'get', endpoint: second.endpoint }))
  expect(second.asked).toHaveLength(3)
})

test('what is done twice by being sent twice is sent again only where the operator says so', async () => {
  const busy: [number, Record<string, string>] = [503, { 'retry-after': '1' }]
  for (const method of ['post', 'patch']) {
    const cautious = await setup({ clock: skippingClock().clock })
    const { endpoint, asked } = await serveInTurn(busy, [200])
    expect((await faultOf(cautious.call({ method, endpoint, body: 'x' }))).error.status).toBe(503)
    expect(asked).toHaveLength(1)
    const bold = await setup({ clock: skippingClock().clock, config: { retry_every_method: true } })
    const again = await serveInTurn(busy, [200])
    await bold.call({ method, endpoint: again.endpoint, body: 'x' })
    expect(again.asked).toEqual([`${method.toUpperCase()} key-1`, `${method.toUpperCase()} key-1`])
  }
  const safe = await setup({ clock: skippingClock().clock })
  const { endpoint, asked } = await serveInTurn(busy, [200])
  await safe.call({ method: 'put', endpoint, body: 'x' })
  expect(asked).toHaveLength(2)
})

test('a wait ends with the time of the call, and with the run', async () => {
  const busy = await serveInTurn([503, { 'retry-after': '20' }])
  const { call } = await setup({ config: { timeout_ms: 200 } })
  const fault = await faultOf(call({ method: 'get', endpoint: busy.endpoint }))
  expect(fault.message).toContain('was not answered in 200 ms')
  const cancel = new AbortController()
  const cancelled = new Cancelled()
  const endpoint = await serve((_request, response) => {
    response.writeHead(503, { 'retry-after': '20' }).end()
    setImmediate(() => cancel.abort(cancelled))
  })
  const other = await setup({ signal: cancel.signal })
  await expect(other.call({ method: 'get', endpoint })).rejects.toBe(cancelled)
})

/** A service that answers when it is told to. */
async function serveHeld() {
  const held: ServerResponse[] = []
  let most = 0
  let running = 0
  const arrived: (() => void)[] = []
  const endpoint = await serve((_request, response) => {
    most = Math.max(most, ++running)
    response.on('finish', () => running--)
    held.push(response)
    arrived.shift()?.()
  })
  const until = (count: number): Promise<void> =>
    held.length >= count
      ? Promise.resolve()
      : new Promise((resolve) => arrived.push(() => resolve(until(count))))
  return { endpoint, held, until, most: () => most }
}

test('a host gets so many requests at once, and the others in the order in which they came', async () => {
  const { call } = await setup({ config: { requests_per_host: 2 } })
  const { endpoint, held, until, most } = await serveHeld()
  const ended: number[] = []
  const calls = Array.from({ length: 6 }, async (_, index) => {
    await call({ method: 'get', endpoint })
    ended.push(index)
  })
  for (let index = 0; index < 6; index++) {
    await until(index + 1)
    held[index]?.end()
  }
  await Promise.all(calls)
  expect(most()).toBeLessThanOrEqual(2)
  expect(ended).toEqual([0, 1, 2, 3, 4, 5])
})

test('a call that is cancelled in line leaves its place to the next', async () => {
  const { call } = await setup({ config: { requests_per_host: 1 } })
  const { endpoint, held, until } = await serveHeld()
  const first = call({ method: 'get', endpoint })
  await until(1)
  const cancel = new AbortController()
  const second = call({ method: 'get', endpoint }, { signal: cancel.signal })
  const third = call({ method: 'get', endpoint })
  const cancelled = new Cancelled()
  cancel.abort(cancelled)
  await expect(second).rejects.toBe(cancelled)
  held[0]?.end()
  await until(2)
  held[1]?.end('third')
  expect(await first).toBeNull()
  expect(await third).toBe('third')
  expect(held).toHaveLength(2)
})

test('hosts do not wait for each other', async () => {
  const { call } = await setup({ config: { requests_per_host: 1 } })
  const slow = await serveHeld()
  const quick = await serve((_request, response) => response.end('quick'))
  const waiting = call({ method: 'get', endpoint: slow.endpoint })
  await slow.until(1)
  expect(await call({ method: 'get', endpoint: quick })).toBe('quick')
  slow.held[0]?.end()
  await waiting
})

test('a host gets so many requests in a second', async () => {
  const { call } = await setup({ config: { requests_per_second_per_host: 50 } })
  const endpoint = await serve((_request, response) => response.end())
  const began = performance.now()
  await Promise.all(Array.from({ length: 60 }, () => call({ method: 'get', endpoint })))
  // Fifty at once, and ten more at 20 ms each.
  expect(performance.now() - began).toBeGreaterThan(180)
})

test('after so many failures in a row nothing is sent until a time that the fault names; then one tries', async () => {
  const { clock, pass } = skippingClock()
  const config = { breaker_failures: 3, breaker_open_ms: 60_000 }
  const { call } = await setup({ clock, config })
  const { endpoint, asked } = await serveInTurn([502], [503], [504], [200])
  const ask = () => call({ method: 'get', endpoint })
  for (const status of [502, 503, 504]) expect((await faultOf(ask())).error.status).toBe(status)
  const open = await faultOf(ask())
  expect(open.error).toMatchObject({ type: expect.stringContaining('communication'), status: 503 })
  expect(open.message).toBe(
    `${endpoint} failed 3 times in a row and is not asked again until 2026-01-01T00:01:00.000Z (breaker_open_ms). Last: it answered 504.`,
  )
  pass(59_999)
  await faultOf(ask())
  expect(asked).toHaveLength(3)
  pass(1)
  expect(await ask()).toBe('answer 4')
  expect(await ask()).toBe('answer 5')
})

test('half open, one request after another finds out, and a failure opens it again', async () => {
  const { clock, pass } = skippingClock()
  const config = { breaker_failures: 1, breaker_open_ms: 1000, breaker_probes: 2 }
  const { call } = await setup({ clock, config })
  const { endpoint, held, until } = await serveHeld()
  const ask = () => call({ method: 'get', endpoint })
  const answer = async (status: number) => {
    const count = held.length + 1
    const calling = ask().catch((error: unknown) => error)
    await until(count)
    return { calling, end: () => held[count - 1]?.writeHead(status).end() }
  }
  const failing = await answer(503)
  failing.end()
  await failing.calling
  pass(1000)
  const first = await answer(200)
  expect((await faultOf(ask())).message).toContain('one request is finding out whether it is back')
  first.end()
  await first.calling
  const second = await answer(503)
  second.end()
  await second.calling
  expect((await faultOf(ask())).message).toContain('failed 2 times in a row and is not asked again until')
  pass(1000)
  for (let probe = 0; probe < 2; probe++) {
    const good = await answer(200)
    good.end()
    await good.calling
  }
  const together = [await answer(200), await answer(200)]
  for (const one of together) one.end()
  expect(await Promise.all(together.map(({ calling }) => calling))).toEqual([null, null])
})

test('an answer that a service means, a cancelled call and a success in between are no failures in a row', async () => {
  const { call } = await setup({ config: { breaker_failures: 2 } })
  const { endpoint, asked } = await serveInTurn([503], [404], [503], [500], [503], [200])
  for (const status of [503, 404, 503, 500, 503])
    expect((await faultOf(call({ method: 'get', endpoint }))).error.status).toBe(status)
  expect(await call({ method: 'get', endpoint })).toBe('answer 6')
  expect(asked).toHaveLength(6)
})

test('an answer that is too large is no failure, and none in time is one', async () => {
  const large = await setup({ config: { breaker_failures: 1, max_response_mb: 0.01 } })
  const endpoint = await serve((_request, response) => response.end('x'.repeat(100_000)))
  for (let tries = 0; tries < 3; tries++)
    expect((await faultOf(large.call({ method: 'get', endpoint }))).message).toContain(
      'answers with more than',
    )
  const slow = await setup({ config: { breaker_failures: 1, timeout_ms: 50 } })
  const silent = await serve(() => undefined)
  await faultOf(slow.call({ method: 'get', endpoint: silent }))
  const open = await faultOf(slow.call({ method: 'get', endpoint: silent }))
  expect(open.message).toMatch(/is not asked again until .* was not answered in 50 ms/)
})

test('a service that is not there opens it too, and `breaker_failures: 0` never does', async () => {
  const watched = await setup({ config: { breaker_failures: 2 } })
  for (let tries = 0; tries < 2; tries++) await faultOf(watched.call({ method: 'get', endpoint: nowhere }))
  const open = await faultOf(watched.call({ method: 'get', endpoint: nowhere }))
  expect(open.message).toContain('Last: GET http://127.0.0.1:2/ failed: nothing listens at 127.0.0.1:2')
  const never = await setup({ config: { breaker_failures: 0 } })
  for (let tries = 0; tries < 12; tries++) await faultOf(never.call({ method: 'get', endpoint: nowhere }))
})
