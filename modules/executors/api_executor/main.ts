/**
 * `call: http` and `call: openapi`: one request, and what the service answers; they differ only in how the request is
 * made. The other protocols have a folder each, which is loaded at the first call. A crash between the request and its record sends it again, with the same `idempotency-key` header. An answer
 * outside what the task allows, or none, is a communication fault.
 */
import {
  Cancelled,
  ExecutorModule,
  ModuleResult,
  type Json,
  type JsonObject,
  type ModuleContext,
  type SetupContext,
} from '@nexus/sdk'
import { readCall } from './call.ts'
import { outputOf, refuseStatus } from './answer.ts'
import { Authenticator } from './authentication/authenticator.ts'
import { deliver, type DeliverOptions } from './deliver.ts'
import { callOpenApi } from './openapi/call_openapi.ts'
import { DescriptionCache } from './openapi/description_cache.ts'
import { isProtocol, Protocols } from './protocols.ts'
import { requestOf } from './request.ts'

/** The manifest's defaults, for a host that fills in none. */
const timeoutMsDefault = 60_000
const responseMbDefault = 64

export class Module extends ExecutorModule {
  readonly #stop = new AbortController()
  readonly #cache = new DescriptionCache()
  readonly #authenticator = new Authenticator()
  readonly #protocols = new Protocols()

  override async setup(context: SetupContext): Promise<void> {
    context.onTeardown('tokens', () => this.#authenticator.close(context.clock, context.log))
    context.onTeardown('connections', () => this.#protocols.close())
    context.onTeardown('calls under way', () => this.teardown())
  }

  override canExecute(kind: string): boolean {
    return kind === 'http' || kind === 'openapi' || isProtocol(kind)
  }

  override async executeTask(context: ModuleContext): Promise<ModuleResult> {
    const { kind } = context.metadata
    const options = {
      ...readLimits(context.config),
      clock: context.clock,
      authenticator: this.#authenticator,
      signal: AbortSignal.any([context.signal, this.#stop.signal]),
    }
    if (isProtocol(kind)) return ModuleResult.ok(await this.#protocols.call(kind, context, options))
    return ModuleResult.ok(await this.#request(context, options))
  }

  async #request(context: ModuleContext, options: DeliverOptions): Promise<Json> {
    const { inputData, run, idempotencyKey, metadata } = context
    const call =
      metadata.kind === 'openapi'
        ? await callOpenApi(inputData, { ...options, input: run.input, cache: this.#cache })
        : readCall(inputData)
    const request = requestOf(call, run.input, idempotencyKey)
    const answer = await deliver(request, options)
    refuseStatus(request, answer)
    return outputOf(call.output, request, answer)
  }

  override async teardown(): Promise<void> {
    this.#stop.abort(new Cancelled('api_executor was stopped.'))
  }
}

function readLimits(config: JsonObject): { timeoutMs: number; responseBytesMax: number } {
  return {
    timeoutMs: Number(config['timeout_ms'] ?? timeoutMsDefault),
    responseBytesMax: Math.ceil(Number(config['max_response_mb'] ?? responseMbDefault) * 1_048_576),
  }
}
