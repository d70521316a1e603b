/**
 * A goal as tokens: words, numbers, quoted texts, JSON, addresses, file names and signs, each with its place. It knows
 * nothing of what they mean, and leaves nothing out: whatever is not white space belongs to a token.
 */
import type { Json } from '@nexus/sdk'
import { Refusal, type Span } from '../refusal.ts'

export type Token = Span & { readonly text: string; readonly lower: string } & (
    | { readonly kind: 'word' | 'text' | 'url' | 'file' | 'sign' }
    | { readonly kind: 'number'; readonly value: number }
    | { readonly kind: 'json'; readonly value: Json }
  )

/** A goal of more tokens is no goal but a text. */
export const tokensMax = 400

export function tokensOf(goal: string): readonly Token[] {
  refuseControls(goal)
  const tokens: Token[] = []
  let at = 0
  while (at < goal.length) {
    const blank = blankAt(goal, at)
    const token = blank === undefined ? tokenAt(goal, at) : blank.token
    if (token) tokens.push(token)
    at = token?.end ?? blank?.end ?? goal.length
    if (tokens.length > tokensMax)
      throw new Refusal(
        `A goal may have ${tokensMax} words and signs. Say it in parts, as several goals.`,
        [],
      )
  }
  return tokens
}

/** White space; where a new point of a list begins behind it, that is the end of a sentence. */
function blankAt(goal: string, start: number): { end: number; token?: Token } | undefined {
  const space = /\s+/y
  space.lastIndex = start
  const found =
    space.exec(goal)?.[0] ??
    (start === 0 && /^(?:step\s+\d{1,2}\s*[-–:.)]|\d{1,2}[.)])[ \t]/i.test(goal) ? '' : undefined)
  if (found === undefined) return undefined
  const end = start + found.length
  const bullet = /(?:[-*•]|(?:step\s+)?\d{1,2}[.):]|step\s+\d{1,2}\s*[-–:.)])[ \t]+/iy
  bullet.lastIndex = end
  const isPoint = found.includes('\n') || start === 0 || isNumbered(goal, end)
  const point = isPoint ? bullet.exec(goal)?.[0] : undefined
  if (point === undefined) return { end }
  return { end, token: { kind: 'sign', text: '\n', lower: '\n', start: end, end: end + point.length } }
}

/** `1) …` within a line begins a point, unless it ends a bracket: `(a or 1) …`. */
function isNumbered(goal: string, at: number): boolean {
  if (/^step\s+\d{1,2}\s*[-–:.)][ \t]/i.test(goal.slice(at, at + 12))) return true
  if (!/^\d{1,2}\)[ \t]/.test(goal.slice(at, at + 4))) return false
  let depth = 0
  for (const sign of goal.slice(Math.max(0, at - bracketLengthMax), at)) {
    if (sign === '(') depth += 1
    if (sign === ')' && depth > 0) depth -= 1
  }
  return depth === 0
}

const bracketLengthMax = 2_000

/** Signs that nobody can see would make a goal say something else than what its reader approves. */
const unseen = /(?![\t\n\r])\p{Cc}|[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u

function refuseControls(goal: string): void {
  const found = unseen.exec(goal)
  if (!found) return
  const code = (found[0].codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  throw new Refusal(
    `The goal has a control character, U+${code}, at character ${found.index + 1}. Leave it out.`,
    [],
  )
}

function tokenAt(goal: string, start: number): Token {
  return (
    textAt(goal, start) ??
    jsonAt(goal, start) ??
    patternAt(goal, start, /https?:\/\/[^\s"'`<>“”]+/iy, 'url') ??
    dateAt(goal, start) ??
    numberAt(goal, start) ??
    fileAt(goal, start) ??
    wordAt(goal, start) ??
    signAt(goal, start)
  )
}

const closing: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '`': '`',
  '“': '”',
  '‘': '’',
  '«': '»',
}

function textAt(goal: string, start: number): Token | undefined {
  const open = goal.charAt(start)
  const close = closing[open]
  if (close === undefined) return undefined
  const end = endOfText(goal, start, close)
  if (end === -1) return undefined
  const text = goal.slice(start + 1, end).replaceAll(`\\${close}`, close)
  return { kind: 'text', text, lower: text, start, end: end + 1 }
}

function endOfText(goal: string, start: number, close: string): number {
  for (let at = start + 1; at < goal.length; at++) {
    if (goal.charAt(at) === '\\' && goal.charAt(at + 1) === close) at += 1
    else if (goal.charAt(at) === close && !(close === "'" && /\w/.test(goal.charAt(at + 1)))) return at
  }
  return -1
}

function jsonAt(goal: string, start: number): Token | undefined {
  if (!'{['.includes(goal.charAt(start))) return undefined
  const end = endOfJson(goal, start)
  if (end === -1) return undefined
  const text = goal.slice(start, end)
  const value = parsed(text)
  return value === undefined ? undefined : { kind: 'json', value, text, lower: text, start, end }
}

/** Looked at for a closing bracket, so that many open ones do not cost their number squared. */
const jsonLengthMax = 2_000

function endOfJson(goal: string, start: number): number {
  let depth = 0
  let inText = false
  for (let at = start; at < Math.min(goal.length, start + jsonLengthMax); at++) {
    const sign = goal.charAt(at)
    if (inText && sign === '\\') at += 1
    else if (sign === '"') inText = !inText
    else if (!inText && '{['.includes(sign)) depth += 1
    else if (!inText && '}]'.includes(sign) && (depth -= 1) === 0) return at + 1
  }
  return -1
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

function patternAt(
  goal: string,
  start: number,
  pattern: RegExp,
  kind: 'url' | 'word' | 'file',
): Token | undefined {
  pattern.lastIndex = start
  const text = withoutTrail(pattern.exec(goal)?.[0])
  if (text === undefined || text === '') return undefined
  return { kind, text, lower: text.toLowerCase(), start, end: start + text.length }
}

/** Without the signs that end a sentence behind it. */
function withoutTrail(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  let end = text.length
  while (end > 0 && '.,;:!?)]}'.includes(text.charAt(end - 1))) end -= 1
  return text.slice(0, end)
}

function dateAt(goal: string, start: number): Token | undefined {
  return patternAt(goal, start, /\d{4}-\d{2}-\d{2}(?:T[\d:.]+Z?)?(?![\w-])/y, 'word')
}

function numberAt(goal: string, start: number): Token | undefined {
  const pattern = /[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?![\w/]|\.\w|-\w)/y
  pattern.lastIndex = start
  const found = pattern.exec(goal)?.[0]
  // 01234 is a code, and is kept as it is written.
  if (found !== undefined && /^0\d/.test(found))
    return { kind: 'word', text: found, lower: found, start, end: start + found.length }
  if (found !== undefined) {
    const value = Number(found.replaceAll(',', ''))
    if (Math.abs(value) > Number.MAX_SAFE_INTEGER)
      throw new Refusal(
        'This number has more digits than can be computed with.',
        [{ start, end: start + found.length }],
        'the number in quotes, as a text',
      )
    return { kind: 'number', value, text: found, lower: found, start, end: start + found.length }
  }
  return unitNumberAt(goal, start)
}

/** `10ms`, `5s`, `2min`: the number is a token of its own, and what stands behind it another. */
function unitNumberAt(goal: string, start: number): Token | undefined {
  const pattern = /(\d+(?:\.\d+)?)(?=(?:ms|s|sec|secs|m|min|mins|h|x)\b)/iy
  pattern.lastIndex = start
  const found = pattern.exec(goal)?.[0]
  if (found === undefined) return undefined
  return { kind: 'number', value: Number(found), text: found, lower: found, start, end: start + found.length }
}

/** A path, or a name with an ending. What stands in the sentence behind it does not belong to it. */
function fileAt(goal: string, start: number): Token | undefined {
  const found = patternAt(goal, start, /[~\p{L}\p{N}_*./-][\p{L}\p{N}_*./@+-]*/uy, 'file')
  if (!found || /^[./-]*$/.test(found.text)) return undefined
  const isPath = /^(?:\.{0,2}\/|~\/)|[^/]\/[^/]*\.|\/$/.test(found.text)
  const hasEnding = /[^./]\.[\p{L}][\p{L}\p{N}]{0,15}$/u.test(found.text)
  return (isPath || hasEnding) && !found.text.includes('@') ? found : undefined
}

function wordAt(goal: string, start: number): Token | undefined {
  return patternAt(
    goal,
    start,
    /[\p{L}\p{N}_][\p{L}\p{N}_@.-]*(?:['’](?!s\b)\p{L}+)?|['’]s\b|\$[\p{L}_]\w*/uy,
    'word',
  )
}

function signAt(goal: string, start: number): Token {
  const found = /^(?:===|==|!=|<>|<=|>=|&&|\|\||->|=>)/.exec(goal.slice(start, start + 3))?.[0]
  const text = found ?? String.fromCodePoint(goal.codePointAt(start) ?? 0)
  return { kind: 'sign', text, lower: text, start, end: start + text.length }
}
