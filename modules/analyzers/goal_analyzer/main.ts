/**
 * `goal.plan`: words to a workflow document that uses nothing but the capabilities that are there. It plans and runs
 * nothing; what it does not understand it refuses with the words. The content of files never reaches it.
 */
import {
  AnalyzerModule,
  isJsonObject,
  type Json,
  type JsonObject,
  type ModuleContext,
  type SetupContext,
} from '@nexus/sdk'
import { jsonText } from './json_text.ts'
import { ModelPlanner, type ModelOptions } from './model/model_planner.ts'
import { PatternFiles } from './pattern_files.ts'
import { PatternsPlanner } from './patterns_planner.ts'
import type { PlannedGoal, PlanRequest } from './planners.ts'
import { faultOf, Refusal } from './refusal.ts'
import { readRequest } from './request.ts'

export class Module extends AnalyzerModule {
  #files: PatternFiles | undefined

  override async setup({ config }: SetupContext): Promise<void> {
    const folders = config['patterns_folders']
    this.#files = new PatternFiles(Array.isArray(folders) ? folders.map(String) : [])
  }

  override async analyze(context: ModuleContext): Promise<Json> {
    const request = await readRequest(context)
    try {
      return asJson(await this.#plan(context, request))
    } catch (error) {
      if (error instanceof Refusal) throw faultOf(error, request.goal)
      throw error
    }
  }

  /** `auto`: the patterns, and where they refuse the model, if one is there. */
  async #plan(context: ModuleContext, request: PlanRequest): Promise<PlannedGoal> {
    if (!this.#files) throw new Error('goal_analyzer was not set up.')
    const mode = context.config['planner'] ?? 'auto'
    const model = new ModelPlanner(
      (capability, input) => context.call(capability, input),
      modelOptions(context.config),
    )
    if (mode === 'model') return model.plan(request)
    try {
      return await new PatternsPlanner(this.#files).plan(request)
    } catch (error) {
      const isHelped = mode === 'auto' && error instanceof Refusal && (await hasModel(context, request))
      if (!isHelped) throw error
      context.log.debug(`The patterns refuse the goal, so the model plans it: ${error.message}`)
      return model.plan(request)
    }
  }
}

/** A module that asks language models may be there without one to ask. */
async function hasModel(context: ModuleContext, { catalogue }: PlanRequest): Promise<boolean> {
  if (catalogue.get('llm.chat') === undefined) return false
  const answer = await context.call('service_router.available', { task: 'llm.chat' })
  return isJsonObject(answer) && answer['available'] === true
}

function modelOptions(config: JsonObject): ModelOptions {
  return {
    model: jsonText(config['model']),
    repairsMax: Number(config['model_repairs_max'] ?? 3),
    tokensMax: Number(config['model_tokens_max'] ?? 50_000),
    answerTokensMax: Number(config['model_answer_tokens_max'] ?? 8_192),
    costUsdMax: config['model_cost_usd_max'] === undefined ? undefined : Number(config['model_cost_usd_max']),
  }
}

function asJson({ planner, workflow, tasks, steps, needs, assumptions, spent }: PlannedGoal): Json {
  return {
    planner,
    workflow,
    tasks: tasks.map((task) => ({ ...task })),
    steps: steps.map((step) => ({ ...step })),
    needs: needs.map((need) => ({ ...need })),
    assumptions: [...assumptions],
    ...spent,
  }
}
