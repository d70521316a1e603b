/**
 * The words of a goal, to find in a file what the goal itself says: that `open` is a value of the column `status`. What
 * is told so was said already, so that nothing of a file goes out by it. Pure.
 */
import type { Json } from '@nexus/sdk'

/** Words of a goal beyond these are not looked for, and phrases of more words neither. */
const wordsMax = 400
const phraseWordsMax = 4
const namedMax = 20
/** A shorter word has to stand as the value does: `us` is no country. */
const freeLengthMin = 3

export class GoalWords {
  /** As they stand, and in small letters. */
  readonly #phrases = new Set<string>()

  constructor(goal: string) {
    const words = goal
      .split(/[\s"'`“”‘’,;:!?()[\]]+/, wordsMax + 1)
      .map((word) => word.replace(/\.+$/, ''))
      .filter((word) => word !== '')
      .slice(0, wordsMax)
    for (let at = 0; at < words.length; at++)
      for (let count = 1; count <= phraseWordsMax && at + count <= words.length; count++) {
        const phrase = words.slice(at, at + count).join(' ')
        this.#phrases.add(phrase)
        if (phrase.length >= freeLengthMin) this.#phrases.add(phrase.toLowerCase())
      }
  }

  /** Those of the values that the goal says, as they are spelt where they come from. */
  namedIn(values: Iterable<Json>): Json[] {
    const named = new Set<Json>()
    for (const value of values) {
      if (named.size >= namedMax) break
      if (typeof value !== 'string' && typeof value !== 'number') continue
      const text = String(value)
      const isFree = text.length >= freeLengthMin && this.#phrases.has(text.toLowerCase())
      if (isFree || this.#phrases.has(text)) named.add(value)
    }
    return [...named]
  }
}
