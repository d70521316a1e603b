/**
 * How the module's transport behaves, from its configuration. The defaults are those of the manifest, for a host that
 * fills in none. What the schema cannot say (a proxy's address, a file of certificates) is checked here.
 */
import type { Json, JsonObject } from '@nexus/sdk'
import type { ProxySettings } from './proxy.ts'
import { readIdentities, readPem, type TlsSettings } from './tls.ts'

export interface TransportSettings {
  readonly connectTimeoutMs: number
  readonly headersTimeoutMs: number
  readonly bodyTimeoutMs: number
  readonly keepAliveMs: number
  readonly usesHttp2: boolean
  readonly headerBytesMax: number
  readonly slowBytesPerSecond: number
  readonly slowWindowMs: number
  /** How many times its packed size an answer may be. */
  readonly ratioMax: number
  readonly hostRequestsMax: number
  /** 0: without a limit. */
  readonly hostRequestsPerSecond: number
  /** 0: no breaker. */
  readonly breakerFailures: number
  readonly breakerProbes: number
  readonly breakerOpenMs: number
  /** After the first try. 0: none. */
  readonly retriesMax: number
  readonly retryWaitMsMax: number
  readonly retriesEveryMethod: boolean
  readonly proxy: ProxySettings
  readonly tls: TlsSettings
}

export const defaults = {
  connect_timeout_ms: 10_000,
  headers_timeout_ms: 300_000,
  body_timeout_ms: 300_000,
  keep_alive_ms: 4_000,
  http2: true,
  max_header_kb: 32,
  slow_bytes_per_second: 10,
  slow_window_ms: 30_000,
  max_decompression_ratio: 250,
  requests_per_host: 64,
  requests_per_second_per_host: 0,
  breaker_failures: 10,
  breaker_probes: 1,
  breaker_open_ms: 30_000,
  retries: 2,
  retry_wait_ms: 30_000,
  retry_every_method: false,
  http_proxy: '',
  https_proxy: '',
  no_proxy: '',
  proxy_resolves_names: false,
  tls_ca: '',
  tls_ca_file: '',
} as const satisfies Record<string, Json>

type Key = keyof typeof defaults

export function readSettings(config: JsonObject): TransportSettings {
  const number = (key: Key): number => Number(config[key] ?? defaults[key])
  const flag = (key: Key): boolean => (config[key] ?? defaults[key]) === true
  return {
    connectTimeoutMs: number('connect_timeout_ms'),
    headersTimeoutMs: number('headers_timeout_ms'),
    bodyTimeoutMs: number('body_timeout_ms'),
    keepAliveMs: number('keep_alive_ms'),
    usesHttp2: flag('http2'),
    headerBytesMax: Math.ceil(number('max_header_kb') * 1024),
    slowBytesPerSecond: number('slow_bytes_per_second'),
    slowWindowMs: number('slow_window_ms'),
    ratioMax: number('max_decompression_ratio'),
    hostRequestsMax: number('requests_per_host'),
    hostRequestsPerSecond: number('requests_per_second_per_host'),
    breakerFailures: number('breaker_failures'),
    breakerProbes: number('breaker_probes'),
    breakerOpenMs: number('breaker_open_ms'),
    retriesMax: number('retries'),
    retryWaitMsMax: number('retry_wait_ms'),
    retriesEveryMethod: flag('retry_every_method'),
    proxy: {
      http: proxyIn(config, 'http_proxy'),
      https: proxyIn(config, 'https_proxy'),
      exceptions: textIn(config, 'no_proxy')
        .split(/[\s,]+/)
        .filter(Boolean),
      resolvesNames: flag('proxy_resolves_names'),
    },
    tls: { authorities: authoritiesIn(config), identities: readIdentities(config['tls_clients']) },
  }
}

/** What is wrong beyond the schema, in sentences. */
export function problemsOf(config: JsonObject): readonly string[] {
  const checks = [
    () => void (['http_proxy', 'https_proxy'] as const).map((key) => proxyIn(config, key)),
    () => void authoritiesIn(config),
    () => void readIdentities(config['tls_clients']),
  ]
  return checks.flatMap((check) => {
    try {
      check()
      return []
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)]
    }
  })
}

function proxyIn(config: JsonObject, key: 'http_proxy' | 'https_proxy'): URL | undefined {
  const written = textIn(config, key)
  if (written === '') return undefined
  const url = URL.parse(written)
  if (!url || (url.protocol !== 'http:' && url.protocol !== 'https:'))
    throw new Error(`${key} must be an http or https URL, as http://proxy.example.com:3128.`)
  if (isEncoded(url.username) && isEncoded(url.password)) return url
  throw new Error(`${key}: its user or password is not encoded as URIs are: a "%" is written "%25".`)
}

function isEncoded(text: string): boolean {
  try {
    return decodeURIComponent(text) !== undefined
  } catch {
    return false
  }
}

function authoritiesIn(config: JsonObject): readonly string[] {
  const file = textIn(config, 'tls_ca_file')
  const given = [
    { key: 'tls_ca', text: textIn(config, 'tls_ca') },
    { key: 'tls_ca_file', text: file === '' ? '' : readPem(file, 'tls_ca_file') },
  ].filter(({ text }, index) => text !== '' || (index === 1 && file !== ''))
  for (const { key, text } of given) {
    if (!text.includes('-----BEGIN CERTIFICATE-----'))
      throw new Error(`${key} holds no certificate in PEM ("-----BEGIN CERTIFICATE-----").`)
  }
  return given.map(({ text }) => text)
}

function textIn(config: JsonObject, key: Key): string {
  const value = config[key] ?? defaults[key]
  return typeof value === 'string' ? value : ''
}
