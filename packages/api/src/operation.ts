/**
 * One thing that can be asked for over HTTP: where, with what, and what comes back. The server validates by it, the
 * client is typed by it, and the OpenAPI document is made of it, so that the three cannot differ.
 */
import type { Static, TSchema } from 'typebox'
import { closed } from './schema/words.ts'

export interface Operation<
  Params extends TSchema = TSchema,
  Query extends TSchema = TSchema,
  Body extends TSchema = TSchema,
  Answer extends TSchema = TSchema,
> {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** With parameters as `{name}`. */
  readonly path: string
  readonly summary: string
  readonly description?: string
  readonly tag: 'runs' | 'events' | 'workflows' | 'modules' | 'blobs' | 'server'
  readonly params: Params
  readonly query: Query
  /** A closed empty object where there is none. */
  readonly body: Body
  readonly answer: {
    readonly status: number
    readonly description: string
    readonly schema: Answer
    readonly media: string
  }
  /** Other answers that are no errors, by their status, with what they mean. */
  readonly others: Readonly<Record<number, string>>
  /** Errors that it answers besides those that every one has: status to when. */
  readonly errors: Readonly<Record<number, string>>
  /** Whether it is answered without a token. */
  readonly open: boolean
}

export type ParamsOf<Asked extends Operation> = Static<Asked['params']>
export type QueryOf<Asked extends Operation> = Static<Asked['query']>
export type BodyOf<Asked extends Operation> = Static<Asked['body']>
export type AnswerOf<Asked extends Operation> = Static<Asked['answer']['schema']>

/** What is asked for where there is nothing to say. */
export const nothing = closed({})
type Nothing = typeof nothing

interface Draft<Params, Query, Body, Answer> {
  readonly method: Operation['method']
  readonly path: string
  readonly summary: string
  readonly description?: string
  readonly tag: Operation['tag']
  readonly params?: Params
  readonly query?: Query
  readonly body?: Body
  readonly answer: {
    readonly status?: number
    readonly description: string
    readonly schema: Answer
    readonly media?: string
  }
  readonly others?: Operation['others']
  readonly errors?: Operation['errors']
  readonly open?: boolean
}

export function operation<
  Answer extends TSchema,
  Params extends TSchema = Nothing,
  Query extends TSchema = Nothing,
  Body extends TSchema = Nothing,
>(draft: Draft<Params, Query, Body, Answer>): Operation<Params, Query, Body, Answer> {
  const { params, query, body, answer, ...rest } = draft
  return {
    others: {},
    errors: {},
    open: false,
    ...rest,
    params: params ?? (nothing as TSchema as Params),
    query: query ?? (nothing as TSchema as Query),
    body: body ?? (nothing as TSchema as Body),
    answer: { status: 200, media: 'application/json', ...answer },
  }
}

/** Whether it takes a body. */
export function takesBody({ body }: Operation): boolean {
  return body !== nothing
}

export const eventStreamMediaType = 'text/event-stream'

export function isStream({ answer }: Operation): boolean {
  return answer.media === eventStreamMediaType
}
