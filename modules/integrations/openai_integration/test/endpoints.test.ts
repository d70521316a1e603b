/** Endpoints as they are: those that limit, refuse, break off, answer nonsense, repeat the key, or are not there. */
import { once } from 'node:events'
import { expect, onTestFinished, test } from 'vitest'
import { Cancelled, systemClock } from '@nexus/sdk'
import { testSetup } from '@nexus/sdk/testing'
import { Module } from '../main.ts'
import { answerWith, faultOf, hastyClock, key, piece, refuse, sendEvents, serve, setup } from './world.ts'

test.for([
  ['retry-after-ms', { 'retry-after-ms': '1500' }, 1500],
  ['retry-after in seconds', { 'retry-after': '2' }, 2000],
  ['retry-after as a date', { 'retry-after': 'Thu, 01 Jan 1970 00:00:05 GMT' }, 4000],
  [
    'the limit that is used up',
    {
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '1m0.5s',
      'x-ratelimit-remaining-tokens': '90',
      'x-ratelimit-reset-tokens': '6m0s',
    },
    60_500,
  ],
  [
    'the later of two limits',
    { 'x-ratelimit-reset-requests': '20ms', 'x-ratelimit-reset-tokens': '1s' },
    1000,
  ],
  ['nothing that is understood', { 'retry-after': 'soon', 'x-ratelimit-reset-tokens': 'never' }, 500],
] as [string, Record<string, string>, number][])(
  'a request is sent again after the time of %s',
  async ([, headers, waitMs]) => {
    const { url, asked } = await serve((response, _, count) =>
      count === 1
        ? refuse(response, 429, { message: 'slow down' }, headers)
        : answerWith(response, 'at last'),
    )
    const { clock, waitsMs } = hastyClock()
    const now = { ...clock, now: () => 1000 }
    const { say } = await setup(url, { clock: now, config: { retry_wait_ms_max: 100_000 } })
    expect(await say('hello')).toMatchObject({ text: 'at last' })
    expect(waitsMs).toEqual([waitMs])
    expect(asked).toHaveLength(2)
  },
)

test('an endpoint that stays overloaded is given up, one that asks for too much time at once', async () => {
  const { url, asked } = await serve((response) => refuse(response, 503, { message: 'overloaded' }))
  const { clock, waitsMs } = hastyClock()
  const { say } = await setup(url, { clock, config: { retries_max: 3 } })
  const fault = await faultOf(say('hello'))
  expect(fault.error).toMatchObject({ type: expect.stringMatching(/communication$/), status: 503 })
  expect(fault.message).toMatch(/"overloaded".*asked 4 times \(retries_max\)/)
  expect(waitsMs).toEqual([500, 1000, 2000])
  expect(asked).toHaveLength(4)

  const slow = await serve((response) =>
    refuse(response, 429, { message: 'tomorrow' }, { 'retry-after': '86400' }),
  )
  const other = await setup(slow.url, { clock })
  expect((await faultOf(other.say('hello'))).message).toMatch(
    /asks to wait 86400000 ms, longer than retry_wait_ms_max/,
  )
  expect(slow.asked).toHaveLength(1)
})

test('what does not get better is not asked again', async () => {
  const { url, asked } = await serve((response, _, count) =>
    count === 1
      ? refuse(response, 429, { message: 'pay first', code: 'insufficient_quota' })
      : refuse(response, 500, { message: 'no' }, { 'x-should-retry': 'false' }),
  )
  const { say } = await setup(url)
  expect((await faultOf(say('hello'))).message).toMatch(/Nothing is left of what this key may use/)
  expect((await faultOf(say('hello'))).error.status).toBe(500)
  expect(asked).toHaveLength(2)
})

test('a wait ends when the task is cancelled', async () => {
  const { url, asked } = await serve((response) => refuse(response, 429, {}, { 'retry-after': '30' }))
  const control = new AbortController()
  const clock = {
    ...systemClock,
    sleep: (delayMs: number, signal?: AbortSignal) => {
      const slept = systemClock.sleep(delayMs, signal)
      control.abort(new Cancelled())
      return slept
    },
  }
  const { say } = await setup(url, { signal: control.signal, clock })
  await expect(say('hello')).rejects.toBeInstanceOf(Cancelled)
  expect(asked).toHaveLength(1)
})

test('cancellation closes the stream', async () => {
  const control = new AbortController()
  let closed: Promise<unknown> = Promise.resolve()
  const { url } = await serve((response) => {
    closed = once(response, 'close')
    sendEvents(response, [piece({ content: 'It was' })], { end: false })
    setImmediate(() => control.abort(new Cancelled()))
  })
  const { say } = await setup(url, { signal: control.signal })
  await expect(say('tell me')).rejects.toBeInstanceOf(Cancelled)
  await closed
})

test('a module that is stopped ends what it asks', async () => {
  const { url } = await serve((response) => {
    sendEvents(response, [piece({ content: 'It was' })], { end: false })
    setImmediate(() => void module.teardown())
  })
  const { say, module } = await setup(url)
  await expect(say('tell me')).rejects.toBeInstanceOf(Cancelled)
})

test('an answer that takes too long is a timeout, and its connection is closed', async () => {
  let closed: Promise<unknown> = Promise.resolve()
  const { url } = await serve((response) => {
    closed = once(response, 'close')
    sendEvents(response, [piece({ content: 'slow' })], { end: false })
  })
  const { say } = await setup(url, { config: { timeout_ms: 100 } })
  const fault = await faultOf(say('hello'))
  expect(fault.error.type).toMatch(/timeout$/)
  expect(fault.message).toMatch(/did not complete its answer in 100 ms \(timeout_ms\)/)
  await closed
})

test('a stream that ends without a finish_reason is a fault, also where it ends well', async () => {
  const { url } = await serve((response, _, count) =>
    sendEvents(response, count === 1 ? [piece({ content: 'Once upon' }), '[DONE]'] : []),
  )
  const { say } = await setup(url)
  const fault = await faultOf(say('hello'))
  expect(fault.error.type).toMatch(/communication$/)
  expect(fault.message).toMatch(/broke its answer off, without a finish_reason\. So far: "Once upon"/)
  expect((await faultOf(say('hello'))).message).toMatch(/If it does not stream, set `stream: false`/)
})

test('an error in the middle of a stream, or a piece that is no JSON, is a fault', async () => {
  const { url } = await serve((response, _, count) =>
    sendEvents(response, [
      piece({ content: 'Half' }),
      count === 1 ? { error: { message: 'the card fell out' } } : '{"choices": [',
    ]),
  )
  const { say } = await setup(url)
  expect((await faultOf(say('hello'))).message).toMatch(
    /broke its answer off: the card fell out\. So far: "Half"/,
  )
  expect((await faultOf(say('hello'))).message).toMatch(/malformed .*JSON.*So far: "Half"/)
})

test('an answer has a limit', async () => {
  const { url } = await serve((response) => answerWith(response, 'x'.repeat(300_000)))
  const { say } = await setup(url, { config: { max_response_mb: 0.125 } })
  expect((await faultOf(say('hello'))).message).toMatch(/answers with more than 0.125 MB \(max_response_mb\)/)
})

test('an endpoint that does not stream is asked for the whole', async () => {
  const { url, asked } = await serve((response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const message = {
      role: 'assistant',
      content: 'whole',
      tool_calls: [{ id: 'c', function: { name: 'f', arguments: { a: 1 } } }],
    }
    response.end(
      JSON.stringify({ model: 'tiny', choices: [{ message, finish_reason: 'stop' }], usage: { cost: 0.5 } }),
    )
  })
  const { say, live } = await setup(url, { config: { stream: false } })
  const tools = [{ type: 'function', function: { name: 'f' } }]
  expect(await say('hello', { tools })).toMatchObject({
    text: 'whole',
    tool_calls: [{ id: 'c', name: 'f', arguments: { a: 1 } }],
    cost_usd: 0.5,
    cost_known: true,
  })
  expect(live()).toEqual(['whole'])
  expect(asked[0]?.body).toMatchObject({ stream: false })
  expect(asked[0]?.body).not.toHaveProperty('stream_options')
})

const open = { type: 'object', required: ['a'], properties: { a: { type: 'integer' } } }

test('what an endpoint does not take is asked otherwise, and told', async () => {
  const unsupported = { code: 'unsupported_parameter' }
  const { url, asked } = await serve((response, { body }) => {
    if ('max_tokens' in body)
      return refuse(response, 400, { ...unsupported, message: "Unsupported parameter: 'max_tokens'." })
    if ('temperature' in body)
      return refuse(response, 400, { ...unsupported, message: 'no temperature', param: 'temperature' })
    if ('stream_options' in body)
      return refuse(response, 422, { message: 'stream_options: Extra inputs are not permitted' })
    if ('response_format' in body)
      return refuse(response, 400, { message: 'response_format is not known here' })
    return answerWith(response, '```json\n{"a": 1}\n```')
  })
  const { say, logs } = await setup(url)
  const answer = await say('hello', { max_tokens: 9, temperature: 1, response_schema: open })
  expect(answer).toMatchObject({
    parsed: { a: 1 },
    adjusted: [
      'max_completion_tokens instead of max_tokens',
      'temperature left out',
      'stream_options left out',
      'response_format json_object',
      'response_format prompt',
    ],
  })
  expect(logs().filter(({ level }) => level === 'warn')).toHaveLength(5)
  expect(asked.at(-1)?.body).toMatchObject({
    max_completion_tokens: 9,
    messages: [{ role: 'system', content: expect.stringContaining('"required":["a"]') }, { role: 'user' }],
  })
})

test('a value that is out of bounds is not asked otherwise, but told', async () => {
  const message = 'max_tokens is too large: 50000. This model takes at most 4096.'
  const { url, asked } = await serve((response) => refuse(response, 400, { message, param: 'max_tokens' }))
  const { say } = await setup(url)
  const fault = await faultOf(say('hello', { max_tokens: 50_000 }))
  expect(fault.error).toMatchObject({
    type: expect.stringMatching(/validation$/),
    detail: expect.stringContaining(message),
  })
  expect(asked).toHaveLength(1)
})

test('vectors are asked for as numbers and come in the order of the texts; anything else is a fault', async () => {
  const { url, asked } = await serve((response, _, count) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    const vectors = [
      { index: 1, embedding: [2] },
      { index: 0, embedding: [1] },
    ]
    const data =
      count === 1 ? vectors : count === 2 ? vectors.slice(1) : [{ index: 0, embedding: 'AACAPw==' }]
    response.end(JSON.stringify({ data, model: 'e', usage: { prompt_tokens: 4, total_tokens: 4 } }))
  })
  const prices = { 'tiny-embed': { prompt_usd_per_million: 0.5, completion_usd_per_million: 0 } }
  const { embed } = await setup(url, { config: { prices } })
  expect(await embed({ input: ['a', 'b'], dimensions: 1 })).toEqual({
    embeddings: [[1], [2]],
    usage: { prompt_tokens: 4, completion_tokens: 0, total_tokens: 4 },
    cost_usd: 0.000002,
    cost_known: true,
    model: 'e',
  })
  expect(asked[0]).toMatchObject({
    path: '/v1/embeddings',
    body: { encoding_format: 'float', dimensions: 1 },
  })
  expect((await faultOf(embed({ input: ['a', 'b'] }))).message).toMatch(/no list of numbers for text 2 of 2/)
  expect((await faultOf(embed({ input: 'a' }))).message).toMatch(/encoding_format: float/)
})

test('a key that an endpoint repeats, also in pieces, is shown and given nowhere', async () => {
  const { url } = await serve((response) =>
    sendEvents(response, [
      piece({ content: `You sent ${key.slice(0, 9)}` }),
      piece({ content: `${key.slice(9)}, and sk-` }),
      piece({
        tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: JSON.stringify({ a: key }) } }],
      }),
      piece({}, 'stop'),
    ]),
  )
  const { say, live } = await setup(url)
  const answer = await say('hello', { tools: [{ type: 'function', function: { name: 'f' } }] })
  expect(answer['text']).toBe('You sent •••, and sk-')
  expect(live().join('')).toBe('You sent •••, and sk-')
  expect(JSON.stringify([answer, live()])).not.toContain(key.slice(3, 12))
})

test('an endpoint without a key is sent none, whatever the environment says', async () => {
  const names = ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'OPENAI_ORG_ID', 'OPENAI_ADMIN_KEY'] as const
  const before = names.map((name) => [name, process.env[name]] as const)
  onTestFinished(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name]
      else process.env[name] = value
    }
  })
  for (const name of names)
    process.env[name] = name === 'OPENAI_BASE_URL' ? 'http://127.0.0.1:9' : 'from-environment'
  const { url, asked } = await serve((response) => answerWith(response, 'free'))
  const { say } = await setup(url, {
    config: { api_key_secret: '', headers: { 'x-title': 'Nexus' } },
    secrets: {},
  })
  expect(await say('hello')).toMatchObject({ text: 'free' })
  expect(asked[0]?.headers).toMatchObject({ 'x-title': 'Nexus' })
  expect(asked[0]?.headers).not.toHaveProperty('authorization')
  expect(JSON.stringify(asked[0]?.headers)).not.toContain('from-environment')
})

test('a redirect is not followed: it would take the key along', async () => {
  const other = await serve((response) => answerWith(response, 'mine'))
  const { url } = await serve((response) => {
    response.writeHead(307, { location: `${other.url}/chat/completions` })
    response.end()
  })
  const { say } = await setup(url)
  const fault = await faultOf(say('hello'))
  expect(fault.message).toMatch(/redirects to http.*not followed/)
  expect(other.asked).toEqual([])
})

test('an endpoint that is not there is a communication fault that names it', async () => {
  const { say } = await setup('http://127.0.0.1:1/v1')
  const fault = await faultOf(say('hello'))
  expect(fault.error.type).toMatch(/communication$/)
  expect(fault.message).toMatch(/^http:\/\/127\.0\.0\.1:1\/v1 could not be asked: /)
})

async function unavailable(config: object, secrets = {}): Promise<string | undefined> {
  const module = new Module({ ...config })
  await module.setup(testSetup({ config: { ...config }, secrets }))
  return module.unavailable('llm.chat')
}

test('without a key and without an endpoint of its own it says before a run that no model is there', async () => {
  expect(await unavailable({})).toMatch(
    /No language model is there for `llm.chat`.*NEXUS_SECRET_OPENAI_API_KEY=….*base_url/,
  )
  expect(await unavailable({}, { openai_api_key: key })).toBeUndefined()
  expect(await unavailable({ base_url: 'http://127.0.0.1:11434/v1' })).toBeUndefined()
  const router = { base_url: 'https://openrouter.ai/api/v1', api_key_secret: 'openrouter_api_key' }
  expect(await unavailable(router)).toMatch(/NEXUS_SECRET_OPENROUTER_API_KEY/)
  expect(await unavailable(router, { openai_api_key: key })).toMatch(/openrouter_api_key/)
})

test('what no endpoint could do is refused', async () => {
  const module = new Module()
  expect(module.validateConfig({ base_url: 'file:///etc' })).toHaveLength(1)
  expect(module.validateConfig({ base_url: 'https://me:secret@host/v1' })).toHaveLength(1)
  expect(module.validateConfig({ base_url: 'http://127.0.0.1:8080/v1' })).toEqual([])
  const { say, chat, embed } = await setup('http://127.0.0.1:1/v1', { config: { model: '' } })
  expect((await faultOf(say('hello'))).message).toMatch(/No model is said/)
  expect((await faultOf(chat({ messages: [] }))).message).toMatch(/messages must be a list/)
  expect((await faultOf(say('hello', { model: 'm', options: { n: 3 } }))).message).toMatch(
    /options must be .*without `n`/,
  )
  expect((await faultOf(embed({ input: [''] }))).message).toMatch(/none of them empty/)
  const bad = await setup('http://127.0.0.1:1/v1', { secrets: { llm_api_key: 'two\nlines' } })
  expect((await faultOf(bad.say('hello'))).message).toMatch(/"llm_api_key" is no key/)
})

test('a schema that is none is a fault: where that is seen, before anybody is asked', async () => {
  const { url, asked } = await serve((response) => answerWith(response, '"x"'))
  const { say } = await setup(url)
  for (const schema of [{ type: 'strng' }, { type: 'object', properties: { a: 5 } }]) {
    const fault = await faultOf(say('hello', { response_schema: schema }))
    expect(fault.error.type).toMatch(/validation$/)
    expect(fault.message).toMatch(/response_schema is no JSON Schema: \//)
  }
  expect(asked).toEqual([])
  for (const schema of [{ pattern: '(' }, { $ref: '#' }])
    expect((await faultOf(say('hello', { response_schema: schema }))).message).toMatch(/is no JSON Schema/)
})

test('an answer nested deeper than anybody reads is a fault', async () => {
  const { url } = await serve((response) => answerWith(response, '['.repeat(5_000) + ']'.repeat(5_000)))
  const { say } = await setup(url)
  const fault = await faultOf(say('hello', { response_schema: { type: 'array' } }))
  expect(fault.message).toMatch(/The answer is not JSON/)
})

test('an answer that faults its task has its price recorded, and told', async () => {
  const { url } = await serve((response) => answerWith(response, 'no JSON'))
  const prices = { tiny: { prompt_usd_per_million: 1_000, completion_usd_per_million: 1_000 } }
  const world = await setup(url, { config: { prices } })
  const fault = await faultOf(world.say('hi', { response_schema: { type: 'object' } }))
  expect(fault.error.detail).toMatch(/not JSON.* It used 5 tokens and cost 0\.005 US dollars\.$/)
  expect(world.events()).toEqual([
    {
      type: 'io.nexus.llm.faulted.v1',
      subject: expect.any(String),
      data: expect.objectContaining({ model: 'tiny', cost_usd: 0.005, cost_known: true }),
    },
  ])
  const unpriced = await setup(url)
  const told = await faultOf(unpriced.say('hi', { response_schema: { type: 'object' } }))
  expect(told.error.detail).toContain('cost what is not known')
})

test('calls that all have the same index are told apart by their ids', async () => {
  const called = (id: string, name: string, written: string): object => ({
    tool_calls: [{ index: 0, id, type: 'function', function: { name, arguments: written } }],
  })
  const more = { tool_calls: [{ index: 0, function: { arguments: '"b"}' } }] }
  const { url } = await serve((response) =>
    sendEvents(response, [
      piece(called('one', 'f', '{"x":"a"}')),
      piece(called('two', 'f', '{"x":')),
      piece(more),
      piece({}, 'tool_calls'),
    ]),
  )
  const world = await setup(url)
  const { tool_calls: calls } = await world.say('hi', {
    tools: [{ type: 'function', function: { name: 'f' } }],
  })
  expect(calls).toEqual([
    { id: 'one', name: 'f', arguments: { x: 'a' } },
    { id: 'two', name: 'f', arguments: { x: 'b' } },
  ])
})

test('streams are read as their standard has them: comments, other line ends, pieces cut anywhere, long lines, no [DONE]', async () => {
  const long = 'ä'.repeat(300_000)
  const lines = [
    ': OPENROUTER PROCESSING',
    '',
    `data: ${JSON.stringify(piece({ content: 'a' }))}`,
    '',
    'event: message',
    'id: 7',
    `data:${JSON.stringify(piece({ content: long }))}`,
    '',
    ': keep-alive',
    '',
    `data: ${JSON.stringify(piece({}, 'stop'))}`,
    '',
    '',
  ]
  for (const end of ['\n', '\r\n', '\r']) {
    const bytes = Buffer.from(lines.join(end))
    const { url } = await serve((response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (let at = 0; at < bytes.length; at += 65_537) response.write(bytes.subarray(at, at + 65_537))
      response.end()
    })
    const { text, finish_reason: finish, usage } = await (await setup(url)).say('hi')
    expect({ end, whole: text === `a${long}`, finish, usage }).toEqual({
      end,
      whole: true,
      finish: 'stop',
      usage: null,
    })
  }
})
