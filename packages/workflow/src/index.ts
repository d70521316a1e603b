/**
 * @nexus/workflow: documents of the Open Workflow Specification 1.0.3. Their types, schema, reading with positions,
 * validation, and the data flow around tasks.
 */
export { validateCapabilities } from './capabilities.ts'
export { inlineComponents } from './components.ts'
export { nextCronTime } from './cron.ts'
export { exportContext, isTrue, transformInput, transformOutput } from './data_flow.ts'
export { durationMs } from './duration_ms.ts'
export {
  compileExpression,
  evaluateExpression,
  expressionOffset,
  expressionSource,
  readsRunState,
  standardVariables,
  type CompiledExpression,
  type Scope,
} from './expressions.ts'
export { readWorkflowName, type WorkflowName } from './head.ts'
export { formatProblems, type FormatOptions } from './format.ts'
export { parseWorkflow, type ParsedWorkflow, type ParseOptions } from './parse.ts'
export { parseJsonSchema, parseTask, type ParsedPart } from './parse_part.ts'
export { memberPointer, pointerKeys } from './pointers.ts'
export type { Position, Problem } from './positions.ts'
export * from './schema/index.ts'
export {
  capabilityOf,
  everyTaskOf,
  isCall,
  kindOf,
  listsOf,
  resolveFunction,
  taskAt,
  tasksOf,
  type TaskEntry,
} from './tasks.ts'
export { evaluateTemplate } from './template.ts'
export { workflowKey } from './workflow_key.ts'
