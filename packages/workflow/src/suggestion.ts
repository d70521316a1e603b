/**
 * What to say of a name that is not known: the nearest known one, or what there is to choose from.
 */
import { nearest } from '@nexus/sdk'

/** "Did you mean `x`?", or what there is to choose from, or nothing. */
export function suggestion(name: string, known: readonly string[], what: string): string | undefined {
  const near = nearest(name, known)
  if (near !== undefined) return `Did you mean \`${near}\`?`
  return known.length === 0 ? undefined : `${what}: ${nameList(known)}.`
}

const listedMax = 20

export function nameList(names: readonly string[]): string {
  const shown = names.slice(0, listedMax).map((name) => `\`${name}\``)
  const more = names.length - shown.length
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ')
}
