/** Tokens and money that one plan may use, over all calls of the model. Past it the task faults; nothing is asked more. */
import { isJsonObject, TaskFault, type Json } from '@nexus/sdk'

export class Budget {
  readonly #tokensMax: number
  readonly #costUsdMax: number
  #tokens = 0
  #costUsd = 0

  constructor({ tokensMax, costUsdMax }: { readonly tokensMax: number; readonly costUsdMax: number }) {
    this.#tokensMax = tokensMax
    this.#costUsdMax = costUsdMax
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
  }

  #spent(what: string): TaskFault {
    return TaskFault.of('runtime', `The model found no valid plan within its budget: ${what} are used up.`)
  }
}
