/**
 * The configuration, read once: which endpoint, which secret is its key, which models, which limits. A key is for one
 * endpoint: that of OpenAI goes to no other. It reads no secret and no environment.
 */
import { isJsonObject, type JsonObject } from '@nexus/sdk'

export interface Settings {
  readonly baseUrl: string
  /** Whether it is OpenAI's own endpoint. */
  readonly isOpenAi: boolean
  /** The name of the secret that is the key; undefined: none is sent. */
  readonly keySecret: string | undefined
  readonly headers: Readonly<Record<string, string>>
  /** Empty: the task has to say it. */
  readonly model: string
  readonly embeddingModel: string
  readonly temperature: number | undefined
  readonly maxTokens: number | undefined
  readonly isStreamed: boolean
  readonly prices: Readonly<Record<string, Price>>
  readonly limits: Limits
}

/** US dollars for a million tokens. */
export interface Price {
  readonly promptUsd: number
  readonly completionUsd: number
  /** Of those that the endpoint had in its cache. */
  readonly cachedPromptUsd: number
}

export interface Limits {
  readonly timeoutMs: number
  readonly responseBytesMax: number
  readonly retriesMax: number
  readonly retryWaitMsMax: number
}

const openAiUrl = 'https://api.openai.com/v1'
const openAiKey = 'openai_api_key'
/** What OpenAI's own endpoint is asked for where nobody says a model. */
const openAiModel = 'gpt-5.4-mini'
const openAiEmbeddingModel = 'text-embedding-3-small'

export function readSettings(config: JsonObject): Settings {
  const baseUrl = text(config['base_url']) || openAiUrl
  const isOpenAi = URL.parse(baseUrl)?.hostname === 'api.openai.com'
  return {
    baseUrl,
    isOpenAi,
    keySecret: text(config['api_key_secret']) || (isOpenAi ? openAiKey : undefined),
    headers: textsOf(config['headers']),
    model: text(config['model']) || (isOpenAi ? openAiModel : ''),
    embeddingModel: text(config['embedding_model']) || (isOpenAi ? openAiEmbeddingModel : ''),
    temperature: numberOf(config['temperature']),
    maxTokens: numberOf(config['max_tokens']),
    isStreamed: config['stream'] !== false,
    prices: pricesOf(config['prices']),
    limits: {
      timeoutMs: numberOf(config['timeout_ms']) ?? 600_000,
      responseBytesMax: Math.ceil((numberOf(config['max_response_mb']) ?? 16) * 1_048_576),
      retriesMax: numberOf(config['retries_max']) ?? 4,
      retryWaitMsMax: numberOf(config['retry_wait_ms_max']) ?? 60_000,
    },
  }
}

/** What is wrong with a configuration beyond its schema. */
export function complaintsAbout(config: JsonObject): readonly string[] {
  const given = text(config['base_url'])
  if (given === '') return []
  const url = URL.parse(given)
  if (url === null || !/^https?:$/.test(url.protocol))
    return ['`base_url` must be an http or https URL, such as http://127.0.0.1:11434/v1.']
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return [
      '`base_url` must be without a user, a query and a fragment: a key is a secret, see `api_key_secret`.',
    ]
  return []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : ''
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

function textsOf(value: unknown): Record<string, string> {
  if (!isObject(value)) return {}
  return Object.fromEntries(Object.entries(value).map(([name, header]) => [name, String(header)]))
}

function pricesOf(value: unknown): Record<string, Price> {
  if (!isObject(value)) return {}
  const entries = Object.entries(value).flatMap(([model, price]): [string, Price][] => {
    if (!isObject(price)) return []
    const promptUsd = numberOf(price['prompt_usd_per_million']) ?? 0
    const completionUsd = numberOf(price['completion_usd_per_million']) ?? 0
    const cachedPromptUsd = numberOf(price['cached_prompt_usd_per_million']) ?? promptUsd
    return [[model, { promptUsd, completionUsd, cachedPromptUsd }]]
  })
  return Object.fromEntries(entries)
}

/** Of what came from outside and is not known to be JSON. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return isJsonObject(value)
}
