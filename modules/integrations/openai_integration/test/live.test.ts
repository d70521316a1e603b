/**
 * A real endpoint, asked only when somebody wants it: NEXUS_LIVE_LLM=1, and NEXUS_LIVE_LLM_URL, _MODEL, _EMBEDDING_MODEL
 * and _KEY for which. It costs a few hundred tokens.
 */
import { describe, expect, test } from 'vitest'
import { Cancelled, type JsonObject } from '@nexus/sdk'
import { setup } from './world.ts'

const said = process.env
const isWanted = said['NEXUS_LIVE_LLM'] === '1'
const isSaid = Boolean(said['NEXUS_LIVE_LLM_KEY'] ?? said['NEXUS_LIVE_LLM_URL'])
const reason = isWanted
  ? 'skipped: NEXUS_LIVE_LLM_KEY or NEXUS_LIVE_LLM_URL has to say which endpoint'
  : 'skipped: it asks a real endpoint; set NEXUS_LIVE_LLM=1'
const canRun = isWanted && isSaid

const live = async (signal?: AbortSignal) => {
  const { NEXUS_LIVE_LLM_KEY: key, NEXUS_LIVE_LLM_URL: url = '' } = said
  const config: JsonObject = {
    api_key_secret: key === undefined ? '' : 'llm_api_key',
    model: said['NEXUS_LIVE_LLM_MODEL'] ?? '',
    embedding_model: said['NEXUS_LIVE_LLM_EMBEDDING_MODEL'] ?? '',
  }
  return setup(url, {
    config,
    secrets: key === undefined ? {} : { llm_api_key: key },
    ...(signal && { signal }),
  })
}

const weather = {
  type: 'function',
  function: {
    name: 'weather',
    description: 'The weather of a city.',
    parameters: { type: 'object', required: ['city'], properties: { city: { type: 'string' } } },
  },
}

const capital = {
  type: 'object',
  required: ['capital'],
  additionalProperties: false,
  properties: { capital: { type: 'string' } },
}

describe.skipIf(!canRun)(`a real endpoint${canRun ? '' : ` (${reason})`}`, () => {
  test('answers in pieces', { timeout: 120_000 }, async () => {
    const { say, live: shown } = await live()
    const answer = await say('Answer with the one word: tea')
    expect(answer['text']).toMatch(/tea/i)
    expect(shown().join('')).toBe(answer['text'])
    expect(answer['finish_reason']).toBe('stop')
  })

  test('keeps to a schema', { timeout: 120_000 }, async () => {
    const { say } = await live()
    const answer = await say('What is the capital of France?', { response_schema: capital })
    expect(answer['parsed']).toMatchObject({ capital: expect.stringMatching(/paris/i) })
  })

  test('calls a tool', { timeout: 120_000 }, async () => {
    const { say } = await live()
    const { tool_calls: calls } = await say('How is the weather in Bern?', {
      tools: [weather],
      tool_choice: 'required',
    })
    expect(calls).toMatchObject([{ name: 'weather', arguments: { city: expect.stringMatching(/bern/i) } }])
  })

  test('is left at once', { timeout: 120_000 }, async () => {
    const { say } = await live(AbortSignal.abort(new Cancelled()))
    await expect(say('Count to a thousand.')).rejects.toBeInstanceOf(Cancelled)
  })

  test('makes vectors', { timeout: 120_000 }, async (context) => {
    const isOpenAi = said['NEXUS_LIVE_LLM_URL'] === undefined
    if (!isOpenAi && said['NEXUS_LIVE_LLM_EMBEDDING_MODEL'] === undefined)
      context.skip('NEXUS_LIVE_LLM_EMBEDDING_MODEL does not say a model')
    const { embed } = await live()
    const { embeddings } = await embed({ input: ['tea', 'coffee'] })
    expect(embeddings).toHaveLength(2)
  })
})
