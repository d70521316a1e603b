/**
 * `sales.csv should be sorted by amount and written to out.csv` is read as `sort sales.csv by amount and write it to
 * out.csv`, and `after reading sales.csv, count the rows` as `read sales.csv then count the rows`. Tokens are put into
 * another order, or others into their place; each keeps the place in the goal that it stands for.
 */
import type { Token } from './tokens.ts'
import { isIn, type Vocabulary } from './vocabulary.ts'

export function activeVoice(tokens: readonly Token[], vocabulary: Vocabulary): readonly Token[] {
  return sentencesOf(tokens, vocabulary).flatMap((sentence) =>
    afterDoing(toActive(sentence, vocabulary), vocabulary),
  )
}

/** Each with the sign that ends it. */
function sentencesOf(tokens: readonly Token[], vocabulary: Vocabulary): readonly (readonly Token[])[] {
  const sentences: Token[][] = [[]]
  for (const token of tokens) {
    sentences.at(-1)?.push(token)
    if (token.kind === 'sign' && isIn(vocabulary, 'stop', token.lower)) sentences.push([])
  }
  return sentences
}

function toActive(sentence: readonly Token[], vocabulary: Vocabulary): readonly Token[] {
  const passive = passiveAt(sentence, vocabulary)
  if (!passive) return sentence
  const { from, to, verb } = passive
  const start = subjectStart(sentence, from, vocabulary)
  const rest = coordinated(sentence.slice(to + 1), vocabulary)
  return [...sentence.slice(0, start), verb, ...sentence.slice(start, from), ...rest]
}

/** `should be sorted`, `are to be written`: where it stands, and the verb that it makes. */
function passiveAt(
  sentence: readonly Token[],
  vocabulary: Vocabulary,
): { from: number; to: number; verb: Token } | undefined {
  for (let from = 1; from < sentence.length; from++) {
    const phrases = vocabulary.classes.get('passive') ?? []
    const words = phrases.find((words) =>
      words.every((word, offset) => sentence[from + offset]?.lower === word),
    )
    const to = from + (words?.length ?? 0)
    const token = sentence[to + adverbs(sentence, to, vocabulary)]
    const verb = words && token && verbOf(token, ['ed', 'd'], vocabulary)
    if (verb) return { from, to: to + adverbs(sentence, to, vocabulary), verb }
  }
  return undefined
}

function adverbs(sentence: readonly Token[], at: number, vocabulary: Vocabulary): number {
  const token = sentence[at]
  return token && (isIn(vocabulary, 'then', token.lower) || isIn(vocabulary, 'filler', token.lower)) ? 1 : 0
}

function subjectStart(sentence: readonly Token[], end: number, vocabulary: Vocabulary): number {
  let start = 0
  for (let at = 0; at < end; at++) {
    const lower = sentence[at]?.lower ?? ''
    if (isIn(vocabulary, 'then', lower) || (lower === ',' && at + 1 < end)) start = at + 1
  }
  return start
}

/** `… and written to out.csv`: each further participle behind a connective becomes a verb with `it`. */
function coordinated(rest: readonly Token[], vocabulary: Vocabulary): readonly Token[] {
  return rest.flatMap((token, at) => {
    const before = rest[at - 1]
    const isJoined =
      before !== undefined &&
      ['and', 'then', ',', 'finally', 'afterwards'].some((name) => before.lower === name)
    const verb = isJoined ? verbOf(token, ['ed', 'd'], vocabulary) : undefined
    return verb ? [verb, { ...verb, text: 'it', lower: 'it' }] : [token]
  })
}

function afterDoing(sentence: readonly Token[], vocabulary: Vocabulary): readonly Token[] {
  const [first, second, third] = sentence
  const begun = second?.lower === 'by' && third && verbOf(third, ['ing'], vocabulary)
  if (begun && (first?.lower === 'start' || first?.lower === 'begin')) return [begun, ...sentence.slice(3)]
  const comma = sentence.findIndex(({ lower }) => lower === ',')
  const verb = second && verbOf(second, ['ing'], vocabulary)
  if (!first || !verb || comma === -1 || !isIn(vocabulary, 'after_doing', first.lower)) return sentence
  const then: Token = { ...first, kind: 'word', text: 'then', lower: 'then' }
  return [verb, ...sentence.slice(2, comma), then, ...sentence.slice(comma + 1)]
}

/** The verb that a form ending so belongs to, at the token's place. */
function verbOf(token: Token, endings: readonly string[], vocabulary: Vocabulary): Token | undefined {
  if (token.kind !== 'word') return undefined
  const verb = basesOf(token.lower, endings, vocabulary).find((base) => isIn(vocabulary, 'verb', base))
  return verb === undefined ? undefined : { ...token, kind: 'word', text: verb, lower: verb }
}

function basesOf(form: string, endings: readonly string[], vocabulary: Vocabulary): readonly string[] {
  const irregular = vocabulary.classes.get('irregular') ?? []
  const base = irregular.find(([past]) => past === form)?.[1]
  if (base !== undefined && !endings.includes('ing')) return [base]
  return endings.flatMap((ending) => {
    if (!form.endsWith(ending)) return []
    const stem = form.slice(0, -ending.length)
    return [stem, `${stem}e`, stem.replace(/i$/, 'y'), stem.replace(/(.)\1$/, '$1')]
  })
}
