/**
 * `call: a2a`: one method of an agent that speaks A2A, by JSON-RPC over HTTP. The output is the JSON-RPC result; of the
 * methods that stream, the list of all results. A crash between the call and its record calls again; the message then has
 * the same id, by which an agent may know it.
 */
import type { Readable } from 'node:stream'
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { nameOf } from '../address.ts'
import { maskJson } from '../authentication/mask.ts'
import { readJson } from '../json_text.ts'
import { openAuthorized } from '../open_authorized.ts'
import type { ProtocolCalls, ProtocolOptions } from '../protocol_options.ts'
import type { HttpRequest } from '../request.ts'
import { scalar } from '../scalar.ts'
import { serverSentEvents } from '../server_sent_events.ts'
import { inTime } from '../time_limit.ts'
import { findAgent, type Agent } from './agent.ts'
import { readA2aCall, type A2aCall } from './arguments.ts'
import { translated } from './version_1.ts'

export class A2aCalls implements ProtocolCalls {
  async call(inputData: Json, options: ProtocolOptions): Promise<Json> {
    const call = readA2aCall(inputData, options.idempotencyKey)
    const agent = await findAgent(call, options)
    const request = requestFor(agent, call)
    const authorizer = options.authenticator.authorizerFor(agent.authentication, options)
    const { clock, signal, timeoutMs } = options
    const result = await inTime(
      { clock, signal, timeoutMs },
      () => timeoutFault(request, call, timeoutMs),
      (ends) => ask(request, call, { ...options, authorizer, signal: ends }),
    )
    return maskJson(result, authorizer.tokens)
  }
}

function requestFor(agent: Agent, call: A2aCall): HttpRequest {
  const { method, parameters, isStream } = call
  const wanted = agent.version === '1.0' ? translated(method, parameters) : { method, parameters }
  return {
    method: 'POST',
    url: agent.url,
    headers: {
      'content-type': 'application/json',
      accept: isStream ? 'text/event-stream, application/json;q=0.5' : 'application/json',
      'idempotency-key': call.idempotencyKey,
      ...(agent.version === '1.0' && { 'a2a-version': '1.0' }),
    },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: wanted.method, params: wanted.parameters }),
    followsRedirects: false,
    authentication: agent.authentication,
  }
}

type AskOptions = ProtocolOptions & Parameters<typeof openAuthorized>[1]

async function ask(request: HttpRequest, call: A2aCall, options: AskOptions): Promise<Json> {
  const { status, headers, body } = await openAuthorized(request, options)
  const place = `${call.method} of ${nameOf(request.url)}`
  try {
    const isOk = status >= 200 && status < 300
    if (isOk && /^text\/event-stream\b/i.test(headers['content-type'] ?? ''))
      return await collect(body, place, call, options)
    const text = await textOf(body, place, options)
    if (!isOk) throw statusFault(place, status, text)
    const result = resultOf(text, place)
    return call.isStream ? [result] : result
  } catch (error) {
    if (error instanceof TaskFault) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw TaskFault.of('communication', `${place} broke off: ${why}.`, { cause: error })
  } finally {
    body.destroy()
  }
}

async function collect(body: Readable, place: string, call: A2aCall, options: AskOptions): Promise<Json> {
  const { responseBytesMax: bytesMax, messagesMax } = options
  const results: Json[] = []
  for await (const { data } of serverSentEvents(body, {
    bytesMax,
    tooMuch: () => tooMuch(place, bytesMax),
  })) {
    results.push(resultOf(data, place))
    if (results.length > messagesMax)
      throw TaskFault.of('communication', `${place} gives more than ${messagesMax} results (max_messages).`)
  }
  if (call.isStream) return results
  if (results.length === 0) throw TaskFault.of('communication', `${place} gave no result.`)
  return results.at(-1) ?? null
}

async function textOf(body: Readable, place: string, { responseBytesMax }: AskOptions): Promise<string> {
  const chunks: Buffer[] = []
  let sizeBytes = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length
    if (sizeBytes > responseBytesMax) throw tooMuch(place, responseBytesMax)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The result of a JSON-RPC answer. An error of it is a runtime fault, as the specification has it. */
function resultOf(text: string, place: string): Json {
  const answer = parsed(text)
  const error = answer?.['error']
  if (isJsonObject(error)) throw rpcFault(place, error)
  const result = answer?.['result']
  if (result !== undefined) return result
  throw TaskFault.of('communication', `${place} is no JSON-RPC answer: ${short(text) || 'it is empty'}`)
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value = readJson(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function rpcFault(place: string, { code, message }: JsonObject): TaskFault {
  return TaskFault.of('runtime', `${place} failed: ${short(scalar(message))} (code ${scalar(code)})`)
}

/** A status that is not success may still come with what JSON-RPC says. */
function statusFault(place: string, status: number, text: string): TaskFault {
  const error = parsed(text)?.['error']
  const type = status === 401 ? 'authentication' : status === 403 ? 'authorization' : 'communication'
  if (type === 'communication' && isJsonObject(error) && error['code'] !== undefined)
    return rpcFault(place, error)
  return TaskFault.of(type, `${place} answered ${status}. ${short(text)}`.trim(), { status })
}

function tooMuch(place: string, bytesMax: number): TaskFault {
  const detail = `${place} gives more than ${bytesMax / 1_048_576} MB. Ask for less, or raise max_response_mb.`
  return TaskFault.of('communication', detail)
}

function timeoutFault({ url }: HttpRequest, { method }: A2aCall, timeoutMs: number): TaskFault {
  const detail = `${method} of ${nameOf(url)} was not answered in ${timeoutMs} ms (timeout_ms).`
  return TaskFault.of('communication', detail, { status: 504 })
}

/** What of an agent's words stands in a fault. */
function short(text: string): string {
  return text.slice(0, 2048).trim()
}
