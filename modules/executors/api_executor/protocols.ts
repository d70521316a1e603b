/**
 * The protocols beside HTTP. The code of each, and the library that it speaks by, is loaded at its first call: who only
 * calls HTTP services pays nothing for the others.
 */
import { ModuleResult, type JsonObject, type ModuleContext } from '@nexus/sdk'
import type { DeliverOptions } from './deliver.ts'
import { readWarmSettings } from './mcp/warm_servers.ts'
import type { ProtocolCalls, ProtocolOptions } from './protocol_options.ts'

const loaders = {
  grpc: async (): Promise<ProtocolCalls> => new (await import('./grpc/call_grpc.ts')).GrpcCalls(),
  mcp: async (): Promise<ProtocolCalls> => new (await import('./mcp/call_mcp.ts')).McpCalls(),
  a2a: async (): Promise<ProtocolCalls> => new (await import('./a2a/call_a2a.ts')).A2aCalls(),
  asyncapi: async (): Promise<ProtocolCalls> =>
    new (await import('./asyncapi/call_asyncapi.ts')).AsyncApiCalls(),
} as const satisfies Readonly<Record<string, () => Promise<ProtocolCalls>>>

export type Protocol = keyof typeof loaders

export function isProtocol(kind: string): kind is Protocol {
  return Object.hasOwn(loaders, kind)
}

/** The manifest's defaults, for a host that fills in none. */
const messagesMaxDefault = 10_000
const grpcTlsPortsDefault = [443]
const reconnectsDefault = 5
const reconnectWaitMsDefault = 500

export class Protocols {
  readonly #loaded = new Map<Protocol, Promise<ProtocolCalls>>()

  async call(protocol: Protocol, context: ModuleContext, options: DeliverOptions): Promise<ModuleResult> {
    const calls = await this.#load(protocol)
    const result = await calls.call(context.inputData, protocolOptions(context, options))
    return result instanceof ModuleResult ? result : ModuleResult.ok(result)
  }

  async close(): Promise<void> {
    const loaded = await Promise.all(this.#loaded.values())
    await Promise.all(loaded.map(async (calls) => calls.close?.()))
  }

  #load(protocol: Protocol): Promise<ProtocolCalls> {
    const known = this.#loaded.get(protocol)
    if (known) return known
    const loading = loaders[protocol]()
    this.#loaded.set(protocol, loading)
    return loading
  }
}

function protocolOptions(context: ModuleContext, options: DeliverOptions): ProtocolOptions {
  const { run, config, policy, metadata, idempotencyKey, log } = context
  return {
    ...options,
    ...readMaxima(config),
    warm: readWarmSettings(config),
    policy,
    input: run.input,
    idempotencyKey,
    log,
    run,
    attempt: metadata.attempt,
  }
}

type Maxima = Pick<ProtocolOptions, 'messagesMax' | 'grpcTlsPorts' | 'reconnectsMax' | 'reconnectWaitMs'>

function readMaxima(config: JsonObject): Maxima {
  const ports = config['grpc_tls_ports']
  return {
    messagesMax: Number(config['max_messages'] ?? messagesMaxDefault),
    reconnectsMax: Number(config['reconnects'] ?? reconnectsDefault),
    reconnectWaitMs: Number(config['reconnect_wait_ms'] ?? reconnectWaitMsDefault),
    grpcTlsPorts: Array.isArray(ports) ? ports.map(Number) : grpcTlsPortsDefault,
  }
}
