/** What a planner is: a request in, a plan out. `patterns` and `model` are two of them. */
import type { Json, JsonObject } from '@nexus/sdk'
import type { Catalogue } from './catalogue.ts'
import type { PlannedWorkflow } from './plan/document.ts'

export interface PlanRequest {
  readonly goal: string
  readonly context: Json
  readonly constraints: Json
  readonly stepsMax: number
  readonly catalogue: Catalogue
}

export interface PlannedGoal extends PlannedWorkflow {
  readonly planner: 'patterns' | 'model'
  /** What planning took, where it asked somebody who counts; `cost_usd` is null where that is not known. */
  readonly spent?: { readonly usage: JsonObject; readonly cost_usd: number | null }
}

export interface Planner {
  /** Rejects with `Refusal` where the goal is not understood, with `TaskFault` where something else is in the way. */
  plan(request: PlanRequest): Promise<PlannedGoal>
}
