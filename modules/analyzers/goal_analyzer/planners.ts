/** What a planner is: a request in, a plan out. `patterns` and `model` are two of them. */
import type { Json } from '@nexus/sdk'
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
}

export interface Planner {
  /** Rejects with `Refusal` where the goal is not understood, with `TaskFault` where something else is in the way. */
  plan(request: PlanRequest): Promise<PlannedGoal>
}
