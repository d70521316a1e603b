/** `llm.chat` and `llm.embed` against a mock of the protocol: streams, tools, structured output, what breaks. */
import { expect, test } from 'vitest'
import { faultOf, hastyClock, key, setup, startMock } from './world.ts'

test('an answer is shown while it comes, and given whole with what it used', async () => {
  const mock = await startMock({ chunkSize: 4 })
  mock.onMessage('hello', {
    content: 'Good morning to you.',
    usage: { prompt_tokens: 7, completion_tokens: 5 },
  })
  const { say, live } = await setup(`${mock.url}/v1`, {
    config: { prices: { tiny: { prompt_usd_per_million: 2, completion_usd_per_million: 10 } } },
  })
  expect(await say('hello')).toEqual({
    text: 'Good morning to you.',
    message: { role: 'assistant', content: 'Good morning to you.' },
    tool_calls: [],
    finish_reason: 'stop',
    usage: { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 },
    cost_usd: 0.000064,
    cost_known: true,
    model: 'tiny',
  })
  expect(live().length).toBeGreaterThan(3)
  expect(live().join('')).toBe('Good morning to you.')
})

test('what is asked for is what the task says, and the configuration where it says nothing', async () => {
  const mock = await startMock()
  mock.onMessage(/./, { content: 'x' })
  const { say } = await setup(`${mock.url}/v1`, { config: { temperature: 0.5, max_tokens: 100 } })
  await say('one')
  expect(mock.getLastRequest()?.body).toMatchObject({
    model: 'tiny',
    temperature: 0.5,
    max_tokens: 100,
    stream: true,
    stream_options: { include_usage: true },
  })
  await say('two', { model: 'large', temperature: 0, max_tokens: 5000, seed: 7, options: { stop: ['\n'] } })
  expect(mock.getLastRequest()?.body).toMatchObject({
    model: 'large',
    temperature: 0,
    max_tokens: 100,
    seed: 7,
    stop: ['\n'],
  })
})

test('without a price the cost is unknown, not nothing', async () => {
  const mock = await startMock()
  mock.onMessage(/./, { content: 'x' })
  const { say } = await setup(`${mock.url}/v1`)
  expect(await say('hello')).toMatchObject({ cost_usd: null, cost_known: false })
})

const weather = {
  type: 'function',
  function: { name: 'weather', parameters: { type: 'object', properties: { city: { type: 'string' } } } },
}

test('tools are called with arguments that came in pieces, and their answers go back', async () => {
  const mock = await startMock({ chunkSize: 3 })
  mock.onToolResult('call_1', { content: 'It rains.' })
  mock.onMessage('weather', {
    toolCalls: [{ id: 'call_1', name: 'weather', arguments: '{"city":"Zürich"}' }],
  })
  const { say, chat } = await setup(`${mock.url}/v1`)
  const first = await say('weather?', { tools: [weather], tool_choice: 'auto' })
  expect(first).toMatchObject({
    text: '',
    finish_reason: 'tool_calls',
    tool_calls: [{ id: 'call_1', name: 'weather', arguments: { city: 'Zürich' } }],
  })
  const answer = { role: 'tool', tool_call_id: 'call_1', content: 'rain' }
  const second = await chat({
    messages: [{ role: 'user', content: 'weather?' }, first['message'] ?? null, answer],
    tools: [weather],
  })
  expect(second['text']).toBe('It rains.')
})

test('a call of a tool that was not given, or with arguments that are no object, is a fault', async () => {
  const mock = await startMock()
  mock.onMessage('other', { toolCalls: [{ name: 'launch', arguments: '{}' }] })
  mock.onMessage('broken', { toolCalls: [{ name: 'weather', arguments: '{"city": ' }] })
  const { say } = await setup(`${mock.url}/v1`)
  const other = await faultOf(say('other', { tools: [weather] }))
  expect(other.error.type).toMatch(/validation$/)
  expect(other.message).toMatch(/calls the tool "launch", which it was not given/)
  expect((await faultOf(say('broken', { tools: [weather] }))).message).toMatch(/not a JSON object/)
  expect(await say('broken', { tools: [weather], validate: false })).toMatchObject({
    tool_calls: [{ name: 'weather', arguments: null }],
    invalid: [expect.stringContaining('not a JSON object')],
  })
})

const schema = {
  type: 'object',
  required: ['city', 'degrees'],
  additionalProperties: false,
  properties: { city: { type: 'string' }, degrees: { type: 'number' } },
}

test('a structured answer is held to its schema and given parsed', async () => {
  const mock = await startMock()
  mock.onMessage('structure', { content: { city: 'Bern', degrees: 3 } })
  const { say } = await setup(`${mock.url}/v1`)
  expect(await say('structure', { response_schema: schema })).toMatchObject({
    parsed: { city: 'Bern', degrees: 3 },
  })
  expect(mock.getLastRequest()?.body).toMatchObject({
    response_format: { type: 'json_schema', json_schema: { strict: true, schema } },
  })
})

test('JSON that is malformed, or breaks its schema, is a fault that holds its beginning', async () => {
  const mock = await startMock()
  mock.onMessage('malformed', { content: `{"city": "Bern", ${'x'.repeat(5000)}` })
  mock.onMessage('wrong', { content: '{"city": "Bern", "degrees": "cold"}' })
  mock.onMessage('cut', { content: '{"city": "B', finishReason: 'length' })
  const { say } = await setup(`${mock.url}/v1`)
  const malformed = await faultOf(say('malformed', { response_schema: schema }))
  expect(malformed.error).toMatchObject({ type: expect.stringMatching(/validation$/), status: 400 })
  expect(malformed.message).toMatch(/The answer is not JSON.*The model wrote: "\{\\"city\\": \\"Bern\\", xxx/)
  expect(malformed.message.length).toBeLessThan(1000)
  expect((await faultOf(say('wrong', { response_schema: schema }))).message).toMatch(
    /breaks response_schema: \/degrees/,
  )
  expect((await faultOf(say('cut', { response_schema: schema }))).message).toMatch(
    /cut off at the limit of tokens/,
  )
})

test('who mends answers himself gets a malformed one with what is wrong', async () => {
  const mock = await startMock()
  mock.onMessage('malformed', { content: '{"city": ' })
  const { say } = await setup(`${mock.url}/v1`)
  const given = await say('malformed', { response_schema: schema, validate: false })
  expect(given).toMatchObject({ text: '{"city": ', invalid: [expect.stringContaining('not JSON')] })
  expect(given).not.toHaveProperty('parsed')
})

test('a stream that breaks off is a fault that holds what came', async () => {
  const mock = await startMock({ chunkSize: 5 })
  mock.onMessage(
    'long',
    { content: 'Once upon a time there was a king.' },
    { truncateAfterChunks: 4, latency: 5 },
  )
  const { say } = await setup(`${mock.url}/v1`)
  const fault = await faultOf(say('long'))
  expect(fault.error.type).toMatch(/communication$/)
  expect(fault.message).toMatch(/broke its answer off.*So far: "Once/)
})

test('status 429 is asked again after what the endpoint says', async () => {
  const mock = await startMock()
  mock.on(
    { userMessage: 'busy', sequenceIndex: 0 },
    { error: { message: 'slow down' }, status: 429, retryAfter: 3 },
  )
  mock.on({ userMessage: 'busy', sequenceIndex: 1 }, { content: 'now' })
  const { clock, waitsMs } = hastyClock()
  const { say, live } = await setup(`${mock.url}/v1`, { clock })
  expect(await say('busy')).toMatchObject({ text: 'now' })
  expect(waitsMs).toEqual([3000])
  expect(live('progress').join('')).toContain('asked again in 3000 ms')
})

test('a wrong key is an authentication fault that does not hold it', async () => {
  const mock = await startMock()
  mock.onMessage(/./, { error: { message: `Incorrect API key provided: ${key}.` }, status: 401 })
  const { say, logs } = await setup(`${mock.url}/v1`)
  const fault = await faultOf(say('hello'))
  expect(fault.error).toMatchObject({ type: expect.stringMatching(/authentication$/), status: 401 })
  expect(fault.message).toMatch(/Incorrect API key provided: •••.*secret "llm_api_key"/)
  expect(JSON.stringify([fault.error, logs()])).not.toContain(key)
})

test('texts become vectors', async () => {
  const mock = await startMock()
  mock.onEmbedding(/./, { embedding: [0.5, -0.25, 1] })
  const { embed } = await setup(`${mock.url}/v1`)
  expect(await embed({ input: ['a', 'b'] })).toMatchObject({
    embeddings: [
      [0.5, -0.25, 1],
      [0.5, -0.25, 1],
    ],
    model: 'tiny-embed',
    cost_known: false,
  })
})
