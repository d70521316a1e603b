/**
 * The planner that asks a language model, by the capability `llm.chat`. What comes back is checked by `workflow.check`
 * and by restrictions of our own, and sent back with what is wrong, at most so many times and within a budget of tokens
 * and money. It never hands on a document that is not valid. Every call is a durable child task: a crash asks no
 * question twice whose answer is recorded.
 */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { jsonText } from '../json_text.ts'
import type { PlannedGoal, Planner, PlanRequest } from '../planners.ts'
import { Refusal } from '../refusal.ts'
import { answerSchema } from './answer_schema.ts'
import { Budget } from './budget.ts'
import { firstMessages, repairMessages } from './prompt.ts'
import { restrictionProblems, type PlanProblem } from './restrictions.ts'
import { needsOf, tasksOf } from './tasks_of.ts'

export interface ModelOptions {
  readonly model: string
  readonly repairsMax: number
  readonly tokensMax: number
  /** Of one answer. */
  readonly answerTokensMax: number
  readonly costUsdMax: number | undefined
}

export type Call = (capability: string, input: Json) => Promise<Json>

export class ModelPlanner implements Planner {
  readonly #call: Call
  readonly #options: ModelOptions

  constructor(call: Call, options: ModelOptions) {
    this.#call = call
    this.#options = options
  }

  async plan(request: PlanRequest): Promise<PlannedGoal> {
    const budget = new Budget(within(request.constraints, this.#options))
    const messages = [...firstMessages(request)]
    let problems: readonly PlanProblem[] = []
    for (let attempt = 0; attempt <= this.#options.repairsMax; attempt++) {
      const { text, workflow, model } = await this.#ask(request, messages, budget)
      problems = workflow ? await this.#problemsOf(workflow, request) : [noJson]
      if (workflow && problems.length === 0)
        return { ...planned(workflow, model, attempt, budget.note()), spent: budget.spent() }
      messages.push(...repairMessages(text, problems))
    }
    const said = problems.slice(0, 5).map(({ pointer, message }) => `${pointer || '/'}: ${message}`)
    throw TaskFault.of(
      'validation',
      `The model gave no valid plan in ${this.#options.repairsMax + 1} attempts (model_repairs_max). Last: ${said.join(' ')}`,
    )
  }

  async #ask(request: PlanRequest, messages: readonly JsonObject[], budget: Budget): Promise<Answer> {
    const answer = await this.#call('llm.chat', {
      messages,
      temperature: 0,
      max_tokens: Math.min(budget.tokensLeft(), this.#options.answerTokensMax),
      response_schema: answerSchema(request.catalogue),
      // What is wrong with an answer is said to the model here, and how often is bounded here.
      validate: false,
      ...(this.#options.model !== '' && { model: this.#options.model }),
    })
    const { text, parsed, model } = isJsonObject(answer) ? answer : {}
    budget.spend(answer)
    const written = typeof text === 'string' ? text : JSON.stringify(parsed ?? null)
    const workflow = isJsonObject(parsed) ? parsed : parsedObject(written)
    if (typeof workflow?.['cannot'] === 'string')
      throw new Refusal(`The model cannot plan this: ${workflow['cannot']}`, [])
    return { text: written, workflow, model: typeof model === 'string' ? model : 'a model' }
  }

  async #problemsOf(
    workflow: JsonObject,
    { catalogue, stepsMax }: PlanRequest,
  ): Promise<readonly PlanProblem[]> {
    const own = restrictionProblems(workflow, catalogue, stepsMax)
    const checked = await this.#call('workflow.check', { workflow })
    if (!isJsonObject(checked))
      throw TaskFault.of('runtime', '`workflow.check` did not give {valid, problems}.')
    const told = Array.isArray(checked['problems']) ? checked['problems'] : []
    const problems = told.map((problem: Json) => ({
      message: jsonText(isJsonObject(problem) ? problem['message'] : problem),
      pointer: isJsonObject(problem) && typeof problem['pointer'] === 'string' ? problem['pointer'] : '',
    }))
    if (checked['valid'] !== true && problems.length === 0)
      return [...own, { pointer: '', message: 'It is not valid.' }]
    return checked['valid'] === true ? own : [...own, ...problems]
  }
}

interface Answer {
  readonly text: string
  readonly workflow: JsonObject | undefined
  readonly model: string
}

const noJson: PlanProblem = {
  pointer: '',
  message: 'The answer is no JSON object. Answer with the document alone.',
}

function parsedObject(text: string): JsonObject | undefined {
  const bare = text.trim().replace(/^```(?:json)?\s*|\s*```$/g, '')
  try {
    const value: unknown = JSON.parse(bare)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** A goal may allow less than is configured. */
function within(
  constraints: Json,
  { tokensMax, costUsdMax }: ModelOptions,
): ConstructorParameters<typeof Budget>[0] {
  const budget = isJsonObject(constraints) ? constraints['budget'] : undefined
  const { tokens, usd } = isJsonObject(budget) ? budget : {}
  return {
    tokensMax: typeof tokens === 'number' ? Math.min(tokens, tokensMax) : tokensMax,
    costUsdMax: typeof usd === 'number' ? Math.min(usd, costUsdMax ?? Infinity) : costUsdMax,
  }
}

function planned(
  workflow: JsonObject,
  model: string,
  repairs: number,
  note: string | undefined,
): PlannedGoal {
  const tasks = tasksOf(workflow['do'])
  const mended = repairs === 0 ? '' : ` and was mended ${repairs} ${repairs === 1 ? 'time' : 'times'}`
  return {
    planner: 'model',
    workflow,
    tasks: tasks.map(({ name, capability, definition }) => ({
      id: name,
      type: capability,
      input: definition['with'] ?? definition['run'] ?? definition['set'] ?? null,
    })),
    steps: tasks.map(({ name, capability }) => ({ task: name, words: '', capability })),
    needs: tasks.flatMap(needsOf),
    assumptions: [`The plan was written by ${model}${mended}.`, ...(note === undefined ? [] : [note])],
  }
}
