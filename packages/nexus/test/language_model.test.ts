/** A language model in a document, against a mock of the protocol: its answer, its live output, and its key nowhere. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LLMock } from '@copilotkit/aimock'
import type { Json, StreamChunk } from '@nexus/sdk'
import { expect, onTestFinished, test } from 'vitest'
import type { NexusOptions } from '../src/index.ts'
import { documentOf, setup } from './world.ts'

const key = 'sk-end-to-end-0123456789'
const secrets = {
  get: async (name: string): Promise<Json | undefined> => (name === 'llm_api_key' ? key : undefined),
}

/** Answers none but those who have the key. */
async function startMock(): Promise<LLMock> {
  const mock = new LLMock({ port: 0, chunkSize: 5, auth: { apiKeys: [key] } })
  await mock.start()
  onTestFinished(() => mock.stop())
  return mock
}

/** The configuration that reaches a mock, with its key. */
function reaching(mock: LLMock): Partial<NexusOptions> {
  const base = { base_url: `${mock.url}/v1`, api_key_secret: 'llm_api_key', model: 'tiny' }
  const prices = { tiny: { prompt_usd_per_million: 1, completion_usd_per_million: 1 } }
  return { secrets, config: { openai_integration: { ...base, prices } } }
}

const tasks = `  - ask:
      call: llm.chat
      with:
        messages: [{ role: user, content: "\${ .question }" }]
        response_schema: { type: object, required: [capital], additionalProperties: false, properties: { capital: { type: string } } }
      output: { as: "\${ {capital: .parsed.capital, tokens: .usage.total_tokens, cost: .cost_usd} }" }
`

test('a document asks a language model; what it used is recorded, and the key nowhere', async () => {
  const mock = await startMock()
  mock.onMessage('France', {
    content: { capital: 'Paris' },
    usage: { prompt_tokens: 10, completion_tokens: 5 },
  })
  mock.onMessage('fails', { error: { message: `The key ${key} is not known.` }, status: 401 })
  await using world = await setup()
  const shown: StreamChunk[] = []
  await world.restart({ ...reaching(mock), stream: (_run, _path, chunk) => void shown.push(chunk) })
  const record = await world.run(tasks, { input: { question: 'Of France?' } })
  expect(record).toMatchObject({
    status: 'completed',
    output: { capital: 'Paris', tokens: 15, cost: 0.000015 },
  })
  expect(shown.map(({ text }) => text).join('')).toBe('{"capital":"Paris"}')

  const failed = await world.run(tasks, { input: { question: 'This fails.' } })
  expect(failed).toMatchObject({
    status: 'faulted',
    error: { status: 401, detail: expect.stringContaining('•••') },
  })
  expect(JSON.stringify([record, failed])).not.toContain(key)
  await world.nexus.close()
  for (const file of filesIn(join(world.folder, 'data')))
    expect(readFileSync(file).includes(key), file).toBe(false)
})

function filesIn(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
}

test('a document that asks for a language model is refused before it runs where none is there', async () => {
  await using world = await setup()
  const nexus = await world.restart({ secrets: { get: async () => undefined } })
  const { problems } = await nexus.complete(nexus.check(documentOf(tasks)))
  expect(problems).toMatchObject([
    {
      code: 'unavailable_capability',
      message: expect.stringMatching(/No language model is there.*NEXUS_SECRET_OPENAI_API_KEY/),
    },
  ])
})

test('what is wrong with a question is told at its place, before anything runs', async () => {
  await using world = await setup()
  const { problems } = world.nexus.check(documentOf('  - ask: { call: llm.chat, with: { mesages: [] } }\n'))
  expect(problems.map(({ message }) => message).join('\n')).toMatch(/mesages/)
})
