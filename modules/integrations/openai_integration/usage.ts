/** What an answer used and cost. Where neither a price nor the endpoint says the cost, it is unknown, not nothing. Pure. */
import type { JsonObject } from '@nexus/sdk'
import { isObject, numberOf, type Price } from './settings.ts'

const tokensOfPrice = 1_000_000

/** `usage` and `cost_usd` are null where nobody knows them. */
export function usageAndCost(
  usage: unknown,
  model: { readonly asked: string; readonly answered: string },
  prices: Readonly<Record<string, Price>>,
): JsonObject {
  if (!isObject(usage)) return { usage: null, cost_usd: null, cost_known: false }
  const prompt = count(usage['prompt_tokens'])
  const completion = count(usage['completion_tokens'])
  const tokens = {
    prompt_tokens: prompt,
    completion_tokens: completion,
    total_tokens: count(usage['total_tokens']) || prompt + completion,
  }
  const cost = priced(usage, tokens, prices[model.asked] ?? prices[model.answered]) ?? told(usage)
  return { usage: tokens, cost_usd: cost ?? null, cost_known: cost !== undefined }
}

function priced(
  usage: Readonly<Record<string, unknown>>,
  tokens: { readonly prompt_tokens: number; readonly completion_tokens: number },
  price: Price | undefined,
): number | undefined {
  if (price === undefined) return undefined
  const details = usage['prompt_tokens_details']
  const cached = Math.min(isObject(details) ? count(details['cached_tokens']) : 0, tokens.prompt_tokens)
  const dollars =
    (tokens.prompt_tokens - cached) * price.promptUsd +
    cached * price.cachedPromptUsd +
    tokens.completion_tokens * price.completionUsd
  return dollars / tokensOfPrice
}

/** Some endpoints say what an answer cost. */
function told(usage: Readonly<Record<string, unknown>>): number | undefined {
  const cost = numberOf(usage['cost'])
  return cost !== undefined && cost >= 0 ? cost : undefined
}

function count(value: unknown): number {
  const number = numberOf(value) ?? 0
  return number > 0 ? Math.round(number) : 0
}
