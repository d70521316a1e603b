/**
 * Calls: the protocols of the specification, the calls that Nexus adds, and any other capability or function by its name.
 */
import { Type, type Static } from 'typebox'
import { CallA2a, CallMcp } from '../calls/agents.ts'
import { CallAsyncApi } from '../calls/asyncapi.ts'
import { CallGrpc } from '../calls/grpc.ts'
import { CallHttp, CallOpenApi } from '../calls/http.ts'
import { CallDag, CallGoal, CallMap } from '../calls/nexus.ts'
import { anyObject, mark, optional } from '../describe.ts'
import { task } from '../task_base.ts'

/** Calls whose shape is known, by what `call` says. */
export const knownCalls = {
  http: CallHttp,
  openapi: CallOpenApi,
  grpc: CallGrpc,
  asyncapi: CallAsyncApi,
  a2a: CallA2a,
  mcp: CallMcp,
  'nexus.dag': CallDag,
  'nexus.map': CallMap,
  'nexus.goal': CallGoal,
}
export type KnownCall = keyof typeof knownCalls

export const CallCustom = task(
  'call',
  'Calls a function of the document, or a capability that a module provides.',
  {
    call: Type.Unsafe<string & {}>({
      type: 'string',
      title: 'the name of a function or capability',
      description:
        'The name of a function in `use.functions`, NAME:VERSION@CATALOG, or a capability such as query.sql.',
      minLength: 1,
      not: { enum: Object.keys(knownCalls) },
      ...mark({ text: 'plain' }),
    }),
    with: optional(anyObject('Its input.')),
  },
)

export type HttpCall = Static<typeof CallHttp>
export type OpenApiCall = Static<typeof CallOpenApi>
export type GrpcCall = Static<typeof CallGrpc>
export type AsyncApiCall = Static<typeof CallAsyncApi>
export type A2aCall = Static<typeof CallA2a>
export type McpCall = Static<typeof CallMcp>
export type DagCall = Static<typeof CallDag>
export type MapCall = Static<typeof CallMap>
export type GoalCall = Static<typeof CallGoal>
export type CustomCall = Static<typeof CallCustom>
export type CallTask =
  | HttpCall
  | OpenApiCall
  | GrpcCall
  | AsyncApiCall
  | A2aCall
  | McpCall
  | DagCall
  | MapCall
  | GoalCall
  | CustomCall
