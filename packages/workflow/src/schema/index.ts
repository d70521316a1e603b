/**
 * The one source of what a workflow document is: its types, its JSON Schema and what its validation walks along.
 */
export type { AuthenticationPolicy, ReferenceableAuthentication } from './authentication.ts'
export type { Export, Input, Output } from './data_flow.ts'
export {
  dslVersions,
  type DocumentHead,
  type Evaluate,
  type Extension,
  type Schedule,
  type Use,
} from './document.ts'
export type { Duration, Timeout } from './duration.ts'
export type { Endpoint, ExternalResource } from './endpoint.ts'
export type { ErrorDefinition, ErrorFilter } from './error.ts'
export type { EventConsumptionStrategy, EventFilter, EventProperties, SubscriptionIterator } from './event.ts'
export type { RetryPolicy } from './retry.ts'
export type { TaskItem, TaskList } from './task_list.ts'
export { taskKinds, type Task, type TaskKind } from './task.ts'
export type {
  A2aCall,
  AsyncApiCall,
  CallTask,
  CustomCall,
  DagCall,
  GoalCall,
  GrpcCall,
  HttpCall,
  KnownCall,
  MapCall,
  McpCall,
  OpenApiCall,
} from './tasks/call.ts'
export type { DoTask, ForkTask, ForTask, SwitchCase, SwitchTask, TryTask } from './tasks/flow.ts'
export type { Container, RunTask, Script, Shell, Subflow } from './tasks/run.ts'
export type { EmitTask, ListenTask, RaiseTask, SetTask, WaitTask } from './tasks/simple.ts'
export { workflowSchema, type Workflow } from './workflow.ts'
