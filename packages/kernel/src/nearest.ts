/**
 * What to say of a name that is not known: the one that was probably meant.
 */
import { nearest } from '@nexus/sdk'

/** `Did you mean "x"?` for the nearest known name, or undefined where none is near. */
export function didYouMean(written: string, known: readonly string[]): string | undefined {
  const name = nearest(written, known)
  return name === undefined ? undefined : `Did you mean "${name}"?`
}
