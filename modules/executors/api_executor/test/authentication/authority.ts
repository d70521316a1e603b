/** An authority that gives tokens, a service that takes them, and what arrived at both. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { systemClock, type Clock, type Json, type JsonObject } from '@nexus/sdk'
import { serve } from '../world.ts'

export interface Asked {
  readonly method: string
  readonly url: string
  readonly authorization: string | undefined
  readonly contentType: string | undefined
  readonly body: string
  /** Of a form; several values of one name are a list. */
  readonly form: Readonly<Record<string, string | string[]>>
}

type Answering = (asked: Asked, response: ServerResponse, count: number) => Json | void

/** Gives `token-1`, `token-2`… for an hour, or what `answering` gives. */
export async function serveAuthority(answering: Answering = () => ({})) {
  const asked: Asked[] = []
  const listener = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const one = await readAsked(request)
    asked.push(one)
    const answer = answering(one, response, asked.length)
    if (answer === undefined) return
    const token = { access_token: `token-${asked.length}`, token_type: 'Bearer', expires_in: 3600 }
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify(isObject(answer) ? { ...token, ...answer } : answer))
  }
  const authority = await serve((request, response) => void listener(request, response))
  return { authority, asked }
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

async function readAsked(request: IncomingMessage): Promise<Asked> {
  const { method = '', url = '', headers } = request
  let body = ''
  for await (const text of request.setEncoding('utf8')) body += String(text)
  const names = [...new Set(new URLSearchParams(body).keys())]
  const form = names.map((name): [string, string | string[]] => {
    const [first = '', ...more] = new URLSearchParams(body).getAll(name)
    return [name, more.length === 0 ? first : [first, ...more]]
  })
  const { authorization, 'content-type': contentType } = headers
  return { method, url, authorization, contentType, body, form: Object.fromEntries(form) }
}

/** A service that says by number how often it was called, and takes the tokens that `accepts` does. */
export async function serveProtected(accepts: (token: string) => boolean = () => true) {
  const tokens: string[] = []
  const listener: RequestListener = (request, response) => {
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? 'none'
    tokens.push(token)
    request.resume()
    response.writeHead(accepts(token) ? 200 : 401).end(String(tokens.length))
  }
  return { service: await serve(listener), tokens }
}

export const client = { id: 'client-1', secret: 'client-secret-1' }

/** A policy of the simplest kind, and what makes it another. */
export function oauth2(authority: string, more: JsonObject = {}): JsonObject {
  return { oauth2: { authority, grant: 'client_credentials', client, ...more } }
}

/** A clock whose time goes on when the test says so; its timers are real. */
export function fakeClock(): Clock & { pass(durationMs: number): void } {
  let nowMs = 1_800_000_000_000
  return { ...systemClock, now: () => nowMs, pass: (durationMs) => void (nowMs += durationMs) }
}
