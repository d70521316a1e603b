/**
 * @nexus/workflow: documents of the Open Workflow Specification 1.0.3. Their types, schema, reading with positions,
 * validation, and the data flow around tasks.
 */
export { parseWorkflow, type ParsedWorkflow } from './parse.ts'
export { memberPointer, pointerKeys } from './pointers.ts'
export type { Position, Problem } from './positions.ts'
export * from './schema/index.ts'
export {
  capabilityOf,
  isCall,
  kindOf,
  listsOf,
  resolveFunction,
  taskAt,
  tasksOf,
  type TaskEntry,
} from './tasks.ts'
