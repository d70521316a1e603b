/** What every call beyond HTTP is handed: what a request needs, and what it may do in the run that it belongs to. */
import type { Json, Log, ModuleContext, ModuleResult, Policy } from '@nexus/sdk'
import type { DeliverOptions } from './deliver.ts'
import type { WarmSettings } from './mcp/warm_servers.ts'

/** The calls of one protocol. One is made at the first of them, and lives as long as the module is loaded. */
export interface ProtocolCalls {
  call(inputData: Json, options: ProtocolOptions): Promise<Json | ModuleResult>
  close?(): Promise<void>
}

export interface ProtocolOptions extends DeliverOptions {
  readonly policy: Policy
  /** What URI templates are filled from. */
  readonly input: Json
  /** How many messages a call takes at most. */
  readonly messagesMax: number
  /** Ports where gRPC services speak TLS. */
  readonly grpcTlsPorts: readonly number[]
  /** How often in a row a subscription tries to come back to its broker. */
  readonly reconnectsMax: number
  /** Before the first of these tries. */
  readonly reconnectWaitMs: number
  /** Which MCP servers are kept between calls. */
  readonly warm: WarmSettings
  readonly idempotencyKey: string
  readonly log: Log
  readonly run: Pick<ModuleContext['run'], 'id' | 'evaluate' | 'list'>
  /** Of the execution, beginning with 1. */
  readonly attempt: number
}
