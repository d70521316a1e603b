/** Tokens and money that one plan may use, over all calls of the model. Past it the task faults; nothing is asked more. */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { jsonText } from '../json_text.ts'

/** In US dollars, for models whose price is known. */
const costUsdMaxUsual = 1

export class Budget {
  readonly #tokensMax: number
  readonly #costUsdMax: number
  #tokens = 0
  #costUsd = 0
  #model = ''
  #isPriced = true
  readonly #mustBePriced: boolean

  /** `costUsdMax`: undefined where nobody said it; then what has no price counts as unknown, and is told. */
  constructor({
    tokensMax,
    costUsdMax,
  }: {
    readonly tokensMax: number
    readonly costUsdMax: number | undefined
  }) {
    this.#tokensMax = tokensMax
    this.#costUsdMax = costUsdMax ?? costUsdMaxUsual
    this.#mustBePriced = costUsdMax !== undefined
  }

  /** Throws a fault where nothing is left. */
  tokensLeft(): number {
    const left = this.#tokensMax - this.#tokens
    if (left <= 0) throw this.#spent(`${this.#tokens} tokens of ${this.#tokensMax} (model_tokens_max)`)
    if (this.#costUsd > this.#costUsdMax)
      throw this.#spent(`$${this.#costUsd} of $${this.#costUsdMax} (model_cost_usd_max)`)
    return left
  }

  spend(answer: Json): void {
    if (!isJsonObject(answer)) return
    const { usage, cost_usd: cost } = answer
    const tokens = isJsonObject(usage) ? usage['total_tokens'] : undefined
    this.#tokens += typeof tokens === 'number' && tokens > 0 ? tokens : 0
    this.#costUsd += typeof cost === 'number' && cost > 0 ? cost : 0
    this.#model = jsonText(answer['model'])
    if (typeof cost === 'number') return
    this.#isPriced = false
    if (!this.#mustBePriced) return
    throw TaskFault.of(
      'configuration',
      `The price of ${this.#model} is not known, so that no budget of money can be kept: set \`prices\` of openai_integration for it, or say no budget (model_cost_usd_max, budget.usd).`,
    )
  }

  /** What was used. `cost_usd` is null where a price is not known. */
  spent(): { readonly usage: JsonObject; readonly cost_usd: number | null } {
    return { usage: { total_tokens: this.#tokens }, cost_usd: this.#isPriced ? this.#costUsd : null }
  }

  /** In a sentence; undefined where it is known what was paid. */
  note(): string | undefined {
    return this.#isPriced
      ? undefined
      : `What planning cost is not known: the price of ${this.#model} is not known (\`prices\` of openai_integration).`
  }

  #spent(what: string): TaskFault {
    return TaskFault.of('runtime', `The model found no valid plan within its budget: ${what} are used up.`)
  }
}
