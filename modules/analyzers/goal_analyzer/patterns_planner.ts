/**
 * The planner that needs no network: a grammar over `patterns.json`, over the files of `patterns_folders`, and over what
 * capabilities bring along. The same goal with the same vocabulary gives the same plan.
 */
import { Lexicon } from './grammar/lexicon.ts'
import { parseGoal } from './grammar/parser.ts'
import { planOf, type PlannedWorkflow, type PlanningOptions } from './plan/document.ts'
import { schemasOf } from './plan/schemas.ts'
import type { PlannedGoal, Planner, PlanRequest } from './planners.ts'
import type { PatternFiles } from './pattern_files.ts'
import { Refusal } from './refusal.ts'

const nothingKnown = new Lexicon([])

export class PatternsPlanner implements Planner {
  readonly #files: PatternFiles

  constructor(files: PatternFiles) {
    this.#files = files
  }

  async plan(request: PlanRequest): Promise<PlannedGoal> {
    const vocabulary = await this.#files.vocabulary(request.catalogue)
    const schemas = schemasOf(request.context)
    const planned = this.#planned({ ...request, vocabulary, schemas }, new Lexicon(schemas.tables))
    return { planner: 'patterns', ...planned }
  }

  /** By what is said alone; where that is refused, with what is known of the files. */
  #planned(options: PlanningOptions, lexicon: Lexicon): PlannedWorkflow {
    const { goal, vocabulary } = options
    try {
      return planOf(parseGoal(goal, vocabulary, nothingKnown), options)
    } catch (refusal) {
      if (!(refusal instanceof Refusal) || lexicon.tables.length === 0) throw refusal
      return this.#asked(options, lexicon, refusal)
    }
  }

  #asked(options: PlanningOptions, lexicon: Lexicon, before: Refusal): PlannedWorkflow {
    const { goal, vocabulary } = options
    try {
      return planOf(parseGoal(goal, vocabulary, lexicon), options)
    } catch (refusal) {
      // A goal whose every word was understood is refused for what it says.
      if (refusal instanceof Refusal && before.isUnderstood && !refusal.isUnderstood) throw before
      throw refusal
    }
  }
}
