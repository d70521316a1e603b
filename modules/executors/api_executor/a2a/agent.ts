/**
 * Where an agent is spoken to, and in which version: as its card says, or at the server that the task names. What
 * authenticates the reading of a card goes to the agent too where that has the same origin, and nowhere else.
 */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import type { Authentication } from '../authentication/policy.ts'
import { readEndpoint } from '../call.ts'
import { readJson } from '../json_text.ts'
import type { ProtocolOptions } from '../protocol_options.ts'
import { requestOf } from '../request.ts'
import { isLocal, placeOf, readResource } from '../resource.ts'
import { scalar } from '../scalar.ts'
import type { A2aCall } from './arguments.ts'

export interface Agent {
  readonly url: URL
  readonly version: '0.3' | '1.0'
  readonly authentication: Authentication | undefined
}

export async function findAgent({ card, server }: A2aCall, options: ProtocolOptions): Promise<Agent> {
  if (card === undefined) return { ...endpointOf(server ?? null, options.input), version: '0.3' }
  const { url: place, text, isElsewhere } = await readResource(card, options, 'application/json')
  const read = readCard(text, place)
  const url = URL.parse(read.address, place)
  if (!url || !/^https?:$/.test(url.protocol))
    throw wrongCard(place, `its address "${read.address}" is no http or https URL`)
  const { authentication } = isJsonObject(card)
    ? endpointOf(card, options.input)
    : { authentication: undefined }
  return {
    url,
    version: read.version,
    authentication: !isElsewhere && url.origin === place.origin ? authentication : undefined,
  }
}

function endpointOf(endpoint: Json, input: Json): Pick<Agent, 'url' | 'authentication'> {
  const call = { ...readEndpoint(endpoint), method: 'POST', headers: {}, body: undefined, query: {} }
  if (isLocal(call.uri)) return { url: new URL(call.uri), authentication: undefined }
  return requestOf({ ...call, output: 'raw', redirect: false }, input, '')
}

type Read = { readonly address: string; readonly version: Agent['version'] }

function readCard(text: string, place: URL): Read {
  const card = parsed(text)
  if (!isJsonObject(card)) throw wrongCard(place, 'it is no JSON object')
  const found = inVersion03(card) ?? inVersion1(card)
  if (found) return found
  throw wrongCard(place, 'it names no interface for JSON-RPC, which is the one that is spoken here')
}

/** A2A 0.3: `url` in the preferred transport, and further interfaces. */
function inVersion03(card: JsonObject): Read | undefined {
  const { url, preferredTransport = 'JSONRPC', additionalInterfaces } = card
  if (typeof url === 'string' && preferredTransport === 'JSONRPC') return { address: url, version: '0.3' }
  const other = listed(additionalInterfaces).find(({ transport }) => transport === 'JSONRPC')
  return typeof other?.['url'] === 'string' ? { address: other['url'], version: '0.3' } : undefined
}

/** A2A 1.0: a list of interfaces, each with its version. */
function inVersion1({ supportedInterfaces }: JsonObject): Read | undefined {
  const spoken = listed(supportedInterfaces).filter(({ protocolBinding }) => protocolBinding === 'JSONRPC')
  const old = spoken.find(({ protocolVersion }) => scalar(protocolVersion).startsWith('0.3'))
  const chosen = old ?? spoken.find(({ protocolVersion }) => scalar(protocolVersion).startsWith('1.'))
  const address = chosen?.['url']
  return typeof address === 'string' ? { address, version: old ? '0.3' : '1.0' } : undefined
}

function listed(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((item) => isJsonObject(item)) : []
}

function parsed(text: string): Json {
  try {
    return readJson(text)
  } catch {
    return null
  }
}

function wrongCard(place: URL, why: string): TaskFault {
  return TaskFault.of('configuration', `${placeOf(place)} is no card of an agent that can be called: ${why}.`)
}
