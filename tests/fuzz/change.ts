/** What a mutation is: something done to a document, with words for it. */

export interface Change<T> {
  readonly what: string
  readonly make: (from: T) => T
}

/** One of what there is; the number grows without bound. */
export function nth<T>(list: readonly T[], number: number): T | undefined {
  return list[number % list.length]
}
