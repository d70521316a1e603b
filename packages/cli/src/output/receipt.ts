/**
 * The receipt of a change of modules, for people.
 */
import { formatDuration } from './format.ts'

/** How long it took until the change was live. What drains after that is not part of it. */
export function liveAfter({ ms }: { readonly ms: Readonly<Record<string, number>> }): string {
  const { drain: _drain, ...steps } = ms
  return formatDuration(Object.values(steps).reduce((sum, step) => sum + step, 0))
}
