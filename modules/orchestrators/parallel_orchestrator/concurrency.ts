/** How many run at once: what the document asks for, within what the configuration allows. */
import { TaskFault, type Json, type ModuleContext } from '@nexus/sdk'

/** How many run at once, where the configuration says nothing. */
const concurrencyMaxDefault = 1000

export function concurrencyMaxOf({ config }: ModuleContext): number {
  return Number(config['max_concurrency'] ?? concurrencyMaxDefault)
}

/** `wanted`: a whole number from 1, an expression that gives one, or nothing. */
export async function concurrencyOf(context: ModuleContext, wanted: Json | undefined): Promise<number> {
  if (wanted === undefined) return concurrencyMaxOf(context)
  const value = typeof wanted === 'string' ? await context.run.evaluate(wanted) : wanted
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) {
    return Math.min(value, concurrencyMaxOf(context))
  }
  throw TaskFault.of(
    'validation',
    `\`concurrency\` is ${JSON.stringify(value)}. Give it a whole number from 1, or an expression that gives one.`,
  )
}
