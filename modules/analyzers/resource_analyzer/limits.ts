/** What a plan may take, and why one does not fit into it. Pure. */
import { isJsonObject, TaskFault, type Json } from '@nexus/sdk'
import type { Total } from './estimate.ts'

export interface Limits {
  readonly memory_mb?: number
  readonly duration_ms?: number
  readonly cost_usd?: number
}

const names = ['memory_mb', 'duration_ms', 'cost_usd'] as const

export function readLimits(value: Json | undefined): Limits {
  if (value === undefined || value === null) return {}
  if (!isJsonObject(value)) throw wrong('`limits` is an object.')
  const strange = Object.keys(value).find((key) => !names.some((name) => name === key))
  if (strange !== undefined)
    throw wrong(`There is no limit "${strange.slice(0, 100)}". There are: ${names.join(', ')}.`)
  for (const name of names) {
    const limit = value[name]
    if (limit !== undefined && (typeof limit !== 'number' || limit < 0))
      throw wrong(`\`limits.${name}\` is a number from 0.`)
  }
  return value
}

/** In sentences; none where it fits. A plan that takes too long in one of ten cases does not fit. */
export function unfit(
  { memory_mb: memory = Infinity, duration_ms: duration = Infinity, cost_usd: cost = Infinity }: Limits,
  {
    memory_mb,
    duration_ms,
    cost_usd,
    known,
    unpriced,
  }: Total & {
    readonly known: { readonly p90: number }
    /** Capabilities that cost what is not known. */
    readonly unpriced: readonly string[]
  },
): string[] {
  const reasons: string[] = []
  const takesMs = duration_ms.p90 ?? known.p90
  if (memory_mb > memory)
    reasons.push(`Its modules ask for ${memory_mb} MB of memory, and there are ${memory} MB.`)
  if (takesMs > duration) {
    const what = duration_ms.p90 === null ? 'What is known of it' : 'It'
    reasons.push(`${what} takes up to ${takesMs} ms in nine of ten cases, and may take ${duration} ms.`)
  }
  if (cost_usd === null && cost !== Infinity)
    reasons.push(
      `What ${unpriced.join(', ')} costs is not known, so that ${cost} US dollars cannot be kept to: set \`prices\` of openai_integration for the model, or leave \`limits.cost_usd\` out.`,
    )
  if (cost_usd !== null && cost_usd > cost)
    reasons.push(`It costs about ${cost_usd} US dollars, and may cost ${cost}.`)
  return reasons
}

function wrong(detail: string): TaskFault {
  return TaskFault.of('validation', detail)
}
