/**
 * @nexus/api: the wire of Nexus. Schemas, operations, the OpenAPI document that is made of them, and a typed client.
 * Runs in a browser too.
 */
export { Client, type Asked, type ClientOptions, type FollowOptions } from './client.ts'
export {
  decodeEvents,
  encodeEvent,
  keepAliveComment,
  stoppingEvent,
  type ServerSentEvent,
} from './event_stream.ts'
export { openApi, type OpenApiOptions } from './openapi.ts'
export {
  eventStreamMediaType,
  isStream,
  nothing,
  operation,
  takesBody,
  type AnswerOf,
  type BodyOf,
  type Operation,
  type ParamsOf,
  type QueryOf,
} from './operation.ts'
export { listedMax, operations, waitSecondsMax } from './operations.ts'
export { ProblemError } from './problem_error.ts'
export type { Health } from './schema/health.ts'
export type { Generation, Module, Receipt } from './schema/module.ts'
export { problemMediaType, type DocumentProblem, type Problem } from './schema/problem.ts'
export {
  priorityWords,
  type Fork,
  type LifecycleEvent,
  type NewRun,
  type PriorityWord,
  type Run,
  type RunSummary,
  type Forgotten,
  type Task,
} from './schema/run.ts'
export type { NewWorkflow, Workflow } from './schema/workflow.ts'
