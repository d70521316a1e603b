/** What is seen of one step in words: its verb, the sort of deed that is, and the things that it speaks of. English alone. */
import { contentOf, stem } from './words.ts'

/**
 * - `look`: asks for something that is elsewhere, and can be asked whatever came before;
 * - `derive`: makes something out of what is there;
 * - `do`: any other deed.
 */
export type Sort = 'look' | 'derive' | 'do'

export interface Step {
  readonly text: string
  readonly verb: string
  readonly sort: Sort
  /** The words that say what it is about, without the verb. */
  readonly content: ReadonlySet<string>
  /** What it speaks of as known: "the …", "its …", "each …". */
  readonly known: ReadonlySet<string>
  /** Names and values that it brings along. */
  readonly own: ReadonlySet<string>
  /** The word by which it says that something comes from before. */
  readonly pointsBack: string | undefined
  /** It brings several things together. */
  readonly gathers: boolean
  /** It needs two to set against each other. */
  readonly setsAgainst: boolean
  /** It is for a case alone: "… if it rains". */
  readonly forCase: boolean
}

/** Of each step no more is looked at. */
const lengthMax = 4_000

const looking =
  /^\W*(?:retrieve|fetch|get(?! (?:to|in|into|up|out)\b)|gather|search|find|provide|check|look up|obtain|collect|research|explore|investigate|query|access|scan|list|track|monitor|discover)\b/i

const deriving =
  /^\W*(?:calculate|count|compute|sum|filter|sort|order|group|select|determine|identify|answer|confirm|verify|describe|define|compare|evaluate|combine|merge|join|intersect|summari[sz]e|extract|solve|convert|translate|analy[sz]e|exclude|subtract|estimate|measure)\b/i

/** Who is spoken to does one thing after another, where a machine would look things up side by side. */
const toSomebody = /\byou(?:r|rself)?\b/i

/** Says that something comes from a step before. */
const backward =
  /\b(?:previous(?:ly)?|results?|above|earlier|obtained|retrieved|found|identified|calculated|computed|fetched|resulting|filtered|returned|extracted|gathered|grouped|joined|(?<=(?:the|its|this|that|their|using) )(?:provided|specified|selected|given)|these|those|each|then|now|next(?! (?:hour|day|week|month|year)s?\b)|once|again|repeat|further|continue|remaining|finally)\b/i

/** Makes something out of several. */
const gathering =
  /\b(?:both|combin\w+|compar\w+|merg\w+|summari[sz]\w+|intersect\w*|union|differences?|altogether|exclud\w+|subtract\w*|total|overall|all (?:the )?(?:results|information|data)|two (?:sets|results|lists|groups))\b/i

/** Makes something out of two. */
const against =
  /\b(?:both|intersect\w*|union|differences?|exclud\w+|subtract\w*|two (?:sets|results|lists|groups))\b/i

/** An "if" that is no "whether", and does not come first. */
const conditional =
  /(?<!^\W*)(?<!\b(?:determin\w+|check\w*|see|answer|verif\w+|know|confirm\w*|decid\w+|find out|ask|test\w*)\s)\bif\b/i

/** What follows a word that says that it is known which one is meant. */
const definite = /\b(?:the|this|that|these|those|each|its|their)\s+((?:[\w-]+\s?){1,3})/gi

/** What is quoted, has a capital within the sentence, or has a digit. */
const bringing = /["'“‘`][^"'”’`]+["'”’`]|(?<=\w\s)\p{Lu}[\p{L}\d]+|(?<=\w\s)\w*\d[\w.,:/-]*/gu

/** What is seen of the steps of a plan. */
export function stepsOf(texts: readonly string[]): readonly Step[] {
  const cut = texts.map((text) => text.slice(0, lengthMax))
  const isToSomebody = cut.some((text) => toSomebody.test(text))
  return cut.map((text) => stepOf(text, isToSomebody))
}

function stepOf(text: string, isToSomebody: boolean): Step {
  const [verb = ''] = /[a-z'’]+/.exec(text.toLowerCase()) ?? []
  const content = new Set(contentOf(text))
  content.delete(stem(verb))
  const sort = sortOf(text, isToSomebody)
  return {
    text,
    verb,
    sort,
    content,
    known: new Set([...text.matchAll(definite)].flatMap(([, phrase = '']) => [...contentOf(phrase)])),
    own: contentOf(text.match(bringing)?.join(' ') ?? ''),
    pointsBack: backward.exec(text)?.[0].toLowerCase(),
    gathers: gathering.test(text),
    setsAgainst: against.test(text),
    forCase: sort !== 'derive' && conditional.test(text),
  }
}

function sortOf(text: string, isToSomebody: boolean): Sort {
  if (looking.test(text)) return isToSomebody ? 'do' : 'look'
  return deriving.test(text) ? 'derive' : 'do'
}

/** How much of the shorter of two steps both share. */
export function sharedBy(a: Step, b: Step): number {
  return a.content.intersection(b.content).size / Math.max(1, Math.min(a.content.size, b.content.size))
}
