/**
 * What a module gives back for a task. A failure can be returned or thrown; both become the specification's error.
 */
import type { WorkflowError } from './errors.ts'
import { toWorkflowError } from './errors.ts'
import type { Json, JsonObject } from './json.ts'

export interface ResultOptions {
  /** Free facts about the work. `then` is a flow directive for the task list around this task. */
  readonly metadata?: JsonObject
  /** The module that gets the task next. */
  readonly nextModule?: string
}

export class ModuleResult {
  readonly success: boolean
  readonly outputData: Json
  readonly error: WorkflowError | undefined
  readonly metadata: JsonObject
  readonly nextModule: string | undefined

  constructor(fields: { success: boolean; outputData?: Json; error?: WorkflowError } & ResultOptions) {
    this.success = fields.success
    this.outputData = fields.outputData ?? null
    this.error = fields.error
    this.metadata = fields.metadata ?? noMetadata
    this.nextModule = fields.nextModule
  }

  static ok(outputData: Json, options: ResultOptions = {}): ModuleResult {
    return new ModuleResult({ success: true, outputData, ...options })
  }

  static fail(error: unknown, options: ResultOptions = {}): ModuleResult {
    return new ModuleResult({ success: false, error: toWorkflowError(error), ...options })
  }
}

const noMetadata: JsonObject = Object.freeze({})
