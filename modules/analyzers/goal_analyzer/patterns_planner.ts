/**
 * The planner that needs no network: a grammar over `patterns.json`, over the files of `patterns_folders`, and over what
 * capabilities bring along. The same goal with the same vocabulary gives the same plan.
 */
import { parseGoal } from './grammar/parser.ts'
import { planOf } from './plan/document.ts'
import type { PlannedGoal, Planner, PlanRequest } from './planners.ts'
import type { PatternFiles } from './pattern_files.ts'

export class PatternsPlanner implements Planner {
  readonly #files: PatternFiles

  constructor(files: PatternFiles) {
    this.#files = files
  }

  async plan(request: PlanRequest): Promise<PlannedGoal> {
    const vocabulary = await this.#files.vocabulary(request.catalogue)
    const statements = parseGoal(request.goal, vocabulary)
    const planned = planOf(statements, { ...request, vocabulary })
    return { planner: 'patterns', ...planned }
  }
}
