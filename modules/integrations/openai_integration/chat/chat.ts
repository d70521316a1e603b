/**
 * `llm.chat`: one question to a model and its whole answer, shown while it comes. An answer that breaks off is a fault
 * that holds its beginning, never a short answer.
 */
import type OpenAI from 'openai'
import type { Stream } from 'openai/streaming'
import { TaskFault, type Json, type JsonObject, type ModuleContext } from '@nexus/sdk'
import type { Endpoint } from '../endpoint.ts'
import { quoted, reasonOf } from '../faults.ts'
import { refusalIn } from '../refusal.ts'
import { recorded } from '../spent.ts'
import { usageAndCost } from '../usage.ts'
import { adjusted, bodyIn, firstManner } from './adjust.ts'
import { Gathered } from './gathered.ts'
import { judged } from './judge.ts'
import { readChat, type ChatRequest } from './request.ts'

/** As many as there are ways of asking. */
const adjustmentsMax = 6

export async function chat(context: ModuleContext, endpoint: Endpoint): Promise<Json> {
  const request = readChat(context.inputData, endpoint.settings)
  const { answer, notes } = await asked(request, context, endpoint)
  const model = answer.model ?? request.model
  const spent = spentOn(answer, request, endpoint)
  return {
    text: answer.text,
    message: answer.message(),
    ...(await verdictOn(answer, request, { context, endpoint })),
    finish_reason: answer.finishReason ?? 'stop',
    ...spent,
    model,
    ...(notes.length > 0 && { adjusted: notes }),
  }
}

function spentOn(answer: Gathered, request: ChatRequest, { settings }: Endpoint): JsonObject {
  const models = { asked: request.model, answered: answer.model ?? request.model }
  return usageAndCost(answer.usage, models, settings.prices)
}

/** An answer that is not what was asked for has its price all the same. */
async function verdictOn(
  answer: Gathered,
  request: ChatRequest,
  { context, endpoint }: { context: ModuleContext; endpoint: Endpoint },
): Promise<JsonObject> {
  try {
    return judged(answer, request, endpoint.mask)
  } catch (error) {
    if (!(error instanceof TaskFault)) throw error
    const model = answer.model ?? request.model
    throw await recorded(error, { context, model, spent: spentOn(answer, request, endpoint) })
  }
}

interface Asked {
  readonly answer: Gathered
  /** What was asked otherwise than the task says, since the endpoint does not take it. */
  readonly notes: readonly string[]
}

async function asked(request: ChatRequest, context: ModuleContext, endpoint: Endpoint): Promise<Asked> {
  let manner = firstManner(request, endpoint.settings)
  const notes: string[] = []
  for (;;) {
    const body = bodyIn(manner, request, endpoint.settings)
    try {
      return { answer: await answerTo(body, context, endpoint), notes }
    } catch (error) {
      const refusal = error instanceof TaskFault ? refusalIn(error.cause) : undefined
      const next = refusal && notes.length < adjustmentsMax ? adjusted(manner, body, refusal) : undefined
      if (next === undefined) throw error
      manner = next.manner
      notes.push(next.note)
      context.log.warn(
        `${endpoint.settings.baseUrl} refuses a part of the request; asked again: ${next.note}`,
      )
    }
  }
}

function answerTo(body: JsonObject, context: ModuleContext, endpoint: Endpoint): Promise<Gathered> {
  return endpoint.ask(async (client, signal) => {
    const live = endpoint.mask.pieces((text) => context.stream({ channel: 'stdout', text }))
    const thoughts = endpoint.mask.pieces((text) => context.stream({ channel: 'progress', text }))
    const answer = new Gathered({
      text: (piece) => live.push(piece),
      thought: (piece) => thoughts.push(piece),
    })
    try {
      for await (const piece of piecesOf(client, body, signal)) answer.add(piece)
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof TaskFault || refusalIn(error) || !hasBegun(answer)) throw error
      throw brokenOff(`: ${reasonOf(error, endpoint.mask)}`, answer, endpoint)
    } finally {
      thoughts.end()
      live.end()
    }
    signal.throwIfAborted()
    if (answer.finishReason === undefined) throw brokenOff(', without a finish_reason.', answer, endpoint)
    return answer
  })
}

async function* piecesOf(client: OpenAI, body: JsonObject, signal: AbortSignal): AsyncIterable<unknown> {
  const path = '/chat/completions'
  if (body['stream'] === true) yield* await client.post<Stream<unknown>>(path, { body, signal, stream: true })
  else yield await client.post<unknown>(path, { body, signal })
}

function hasBegun({ text, tools }: Gathered): boolean {
  return text !== '' || tools.length > 0
}

function brokenOff(how: string, answer: Gathered, { settings, mask }: Endpoint): TaskFault {
  const hint = hasBegun(answer) ? '' : ' If it does not stream, set `stream: false` of openai_integration.'
  const soFar = quoted(answer.text || JSON.stringify(answer.tools), mask)
  return TaskFault.of(
    'communication',
    `${settings.baseUrl} broke its answer off${how}${hint} So far: ${soFar}`,
  )
}
