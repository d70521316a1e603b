/**
 * `call: http` and `call: openapi`: one request, and what the service answers; they differ only in how the request is
 * made. The other protocols have a folder each, which is loaded at the first call. A crash between the request and its record sends it again, with the same `idempotency-key` header. An answer
 * outside what the task allows, or none, is a communication fault.
 */
import {
  Cancelled,
  ExecutorModule,
  invariant,
  ModuleResult,
  type JsonObject,
  type ModuleContext,
  type SetupContext,
} from '@nexus/sdk'
import { readCall } from './call.ts'
import { outputOf, refuseStatus } from './answer.ts'
import { Authenticator } from './authentication/authenticator.ts'
import { deliver, type DeliverOptions } from './deliver.ts'
import type { DescribedCall } from './openapi/call_openapi.ts'
import { DescriptionCache } from './openapi/description_cache.ts'
import { isProtocol, Protocols } from './protocols.ts'
import { readValidation } from './openapi/validation.ts'
import { requestOf } from './request.ts'
import { resolveBySystem, type Resolve } from '@nexus/sdk/network'
import { problemsOf, readSettings } from './transport/settings.ts'
import { Transport } from './transport/transport.ts'
import { UnderWay } from './under_way.ts'

/** The manifest's defaults, for a host that fills in none. */
const timeoutMsDefault = 60_000
const responseMbDefault = 64
const blobMbDefault = 1024

export class Module extends ExecutorModule {
  readonly #underWay = new UnderWay()
  readonly #cache = new DescriptionCache()
  readonly #authenticator = new Authenticator()
  readonly #protocols = new Protocols()
  #transport: Transport | undefined
  /** How names become addresses. */
  protected readonly resolve: Resolve = resolveBySystem

  override async setup(context: SetupContext): Promise<void> {
    const { config, policy, clock, log } = context
    const settings = readSettings(config)
    const transport = new Transport({ settings, policy, clock, resolve: this.resolve })
    this.#transport = transport
    context.onTeardown('connections', () => transport.close())
    context.onTeardown('what other protocols hold', () => this.#protocols.close())
    context.onTeardown('tokens', () => this.#authenticator.close({ transport, clock, log }))
    context.onTeardown('calls under way', () => this.teardown())
  }

  override validateConfig(config: JsonObject): readonly string[] {
    return problemsOf(config)
  }

  override canExecute(kind: string): boolean {
    return kind === 'http' || kind === 'openapi' || isProtocol(kind)
  }

  override executeTask(context: ModuleContext): Promise<ModuleResult> {
    return this.#underWay.run(context.signal, (signal) =>
      this.#call(context, this.#optionsOf(context, signal)),
    )
  }

  override async teardown(): Promise<void> {
    this.#underWay.end(new Cancelled('api_executor was stopped.'))
  }

  async #call(context: ModuleContext, options: DeliverOptions): Promise<ModuleResult> {
    const { inputData, run, idempotencyKey, metadata } = context
    const { kind } = metadata
    if (isProtocol(kind)) return this.#protocols.call(kind, context, options)
    const { call, check } =
      kind === 'openapi'
        ? await this.#callDescribed(context, options)
        : { call: readCall(inputData), check: undefined }
    const request = requestOf(call, run.input, idempotencyKey)
    const answer = await deliver(request, options)
    refuseStatus(request, answer)
    check?.(answer)
    return ModuleResult.ok(outputOf(call.output, request, answer))
  }

  /** What this needs is loaded by the first who calls it. */
  async #callDescribed(context: ModuleContext, options: DeliverOptions): Promise<DescribedCall> {
    const { callOpenApi } = await import('./openapi/call_openapi.ts')
    const { inputData, run, config, policy } = context
    const validation = readValidation(config)
    return callOpenApi(inputData, {
      ...options,
      policy,
      input: run.input,
      cache: this.#cache,
      validation,
    })
  }

  #optionsOf({ config, clock, blobs }: ModuleContext, signal: AbortSignal): DeliverOptions {
    invariant(this.#transport, 'a module is set up before it executes')
    return {
      ...readLimits(config),
      transport: this.#transport,
      clock,
      blobs,
      overflow: overflowOf(config, blobs),
      authenticator: this.#authenticator,
      signal,
    }
  }
}

function readLimits(config: JsonObject): { timeoutMs: number; responseBytesMax: number } {
  return {
    timeoutMs: Number(config['timeout_ms'] ?? timeoutMsDefault),
    responseBytesMax: bytesOf(Number(config['max_response_mb'] ?? responseMbDefault)),
  }
}

/** Deliver adds the tokens that must not be kept. */
function overflowOf(config: JsonObject, blobs: ModuleContext['blobs']): DeliverOptions['overflow'] {
  if (config['response_overflow'] !== 'blob') return undefined
  return { blobs, bytesMax: bytesOf(Number(config['max_blob_mb'] ?? blobMbDefault)), secrets: [] }
}

function bytesOf(megabytes: number): number {
  return Math.ceil(megabytes * 1_048_576)
}
