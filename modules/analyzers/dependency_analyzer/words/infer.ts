/**
 * Which of the steps of a plan in words needs which, from how they are worded: what a step says of others before it, and
 * the things that both speak of. It is a guess, and only that: each edge says what it rests on.
 */
import { contentOf } from './words.ts'

export interface Guess {
  readonly from: number
  readonly to: number
  readonly why: string
}

/** Of each step no more is looked at. */
const lengthMax = 4_000

/** Steps further back are not compared, so that the time stays linear. */
const lookBackMax = 24

/** Says that something comes from a step before. */
const backward =
  /\b(?:previous(?:ly)?|results?|above|earlier|obtained|retrieved|found|identified|calculated|computed|fetched|resulting|filtered|returned|extracted|gathered|these|those|them|then|after|once|again|repeat|finally|remaining)\b/i

/** Asks for something of its own. */
const asking =
  /^\W*(?:retrieve|get|fetch|find|search|check|look up|provide|obtain|verify|validate|scan|list|explore|research|create|generate|convert|translate|determine|analy[sz]e|calculate|gather|query|access|display|set|send|book|monitor|control|revoke|collect|request|discover|investigate|perform|adjust|update|delete|add|schedule|track|play|measure|assess|evaluate|deploy|encrypt|decrypt|download|recommend)\b/i

/** Asks for something that is elsewhere, and that can be asked for whatever came before. */
const fetching = /^\W*(?:retrieve|fetch)\b/i

/** Names and values that a step brings along: what is quoted, has a capital within the sentence, or is a number. */
const own = /["'“‘`][^"'”’`]+["'”’`]|(?<=\w\s)\p{Lu}[\p{L}\d]+|\d[\d.,:/-]*/gu

/** A name within the sentence. */
const named = /(?<=\w\s)\p{Lu}[\p{L}\d]+/u

/** Asks which one something is, so that what comes next may call it by its name. */
const seeking =
  /^\W*(?:identify|determine|obtain|find out|find|establish|look up|confirm|ascertain|discover)\b[^.]{0,60}?\b(?:who|where|which|name|country|nation|city|town|village|state|province|county|region|place|location|birthplace|capital|river|island|person|people|author|director|actor|actress|singer|performer|composer|artist|writer|player|founder|owner|president|leader|spouse|father|mother|team|club|company|organi[sz]ation|band|school|university|book|novel|film|movie|song|album|series|show|language|empire|party)\b/i

const gathering =
  /\b(?:combine|compare|merge|summari[sz]e|overall|final(?:ly)?|all (?:the )?(?:results|information|data))\b/i

export function inferOrder(texts: readonly string[]): readonly Guess[] {
  const contents = texts.map(contentOf)
  const guesses: Guess[] = []
  const open = new Set<number>()
  for (const [to, text] of texts.entries()) {
    const before = texts[to - 1]?.slice(0, lengthMax) ?? ''
    for (const guess of guessesFor(to, { text: text.slice(0, lengthMax), before }, contents, open)) {
      guesses.push(guess)
      open.delete(guess.from)
    }
    open.add(to)
  }
  return guesses
}

function guessesFor(
  to: number,
  { text, before }: { readonly text: string; readonly before: string },
  contents: readonly ReadonlySet<string>[],
  open: ReadonlySet<number>,
): readonly Guess[] {
  if (to === 0) return []
  const told = toldNumbers(text, to)
  if (told.length > 0) return told.map((from) => ({ from, to, why: 'words: it names the step' }))
  if (gathering.test(text) && open.size > 1)
    return [...open]
      .slice(-lookBackMax)
      .map((from) => ({ from, to, why: 'words: it brings together what is there' }))
  const near = { from: to - 1, to }
  const cue = backward.exec(text)?.[0]
  if (cue !== undefined) return [{ ...near, why: `words: "${cue.toLowerCase()}" points back` }]
  const shared = nearestShared(to, contents)
  if (standsAlone(text)) {
    if (shared) return [{ from: shared.from, to, why: speakOf(shared.words) }]
    return seeking.test(before) && named.test(text)
      ? [{ ...near, why: 'words: it names what the step before looks for' }]
      : []
  }
  return [
    {
      ...near,
      why: shared?.from === to - 1 ? speakOf(shared.words) : 'words: it begins from nothing of its own',
    },
  ]
}

function standsAlone(text: string): boolean {
  return asking.test(text) && (fetching.test(text) || (text.match(own) ?? []).length > 0)
}

function speakOf(words: readonly string[]): string {
  return `words: both speak of ${words.join(', ')}`
}

/** "step 2", "subgoal 1 and 3": counted from one. */
function toldNumbers(text: string, to: number): readonly number[] {
  const numbers = [
    ...text.matchAll(/\b(?:steps?|subgoals?|nodes?|subtasks?) #?(\d{1,4})(?:(?:,| and|, and) (\d{1,4}))?/gi),
  ]
  const places = numbers.flatMap(([, first, second]) => [Number(first) - 1, Number(second ?? 0) - 1])
  return [...new Set(places.filter((place) => place >= 0 && place < to))]
}

/** The step before, if both speak of the same things; else the one further back that shares most with this one. */
function nearestShared(
  to: number,
  contents: readonly ReadonlySet<string>[],
): { from: number; words: readonly string[] } | undefined {
  const mine = contents[to] ?? new Set<string>()
  let best: { from: number; words: readonly string[]; share: number } | undefined
  for (let from = to - 1; from >= Math.max(0, to - lookBackMax); from--) {
    const theirs = contents[from] ?? new Set<string>()
    const words = [...mine.intersection(theirs)]
    const share = words.length / Math.max(1, Math.min(mine.size, theirs.size))
    if (words.length > 0 && share > (from === to - 1 ? sharedMin : Math.max(sharedFarMin, best?.share ?? 0)))
      best = { from, words: words.slice(0, 3), share }
    if (best?.from === to - 1) break
  }
  return best
}

/** How much of the shorter step both must share: a step and the one before it, and steps further apart. */
const sharedMin = 0.1
const sharedFarMin = 0.5
