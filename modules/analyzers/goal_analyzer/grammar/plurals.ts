/** When two nouns mean the same thing: `cities` and `city`, `people` and `person`. English, and pure. */

const irregular: ReadonlyMap<string, string> = new Map([
  ['people', 'person'],
  ['children', 'child'],
  ['men', 'man'],
  ['women', 'woman'],
  ['indices', 'index'],
])

export function isSameNoun(left: string, right: string): boolean {
  const [a, b] = [left.toLowerCase(), right.toLowerCase()]
  return a === b || singulars(a).includes(b) || singulars(b).includes(a)
}

/** What a word may be the plural of. */
export function singulars(word: string): readonly string[] {
  const known = irregular.get(word.toLowerCase())
  if (known !== undefined) return [known]
  if (!/[^s]s$/i.test(word) || word.length < 3) return []
  const forms = [word.slice(0, -1)]
  if (/ies$/i.test(word)) return [`${word.slice(0, -3)}y`, ...forms]
  return /(?:[sxz]|ch|sh)es$/i.test(word) ? [word.slice(0, -2), ...forms] : forms
}
