/**
 * Reads JSON that anybody may have written. What is nested deeper than a value may be is refused before it is read: a few
 * megabytes of brackets would take gigabytes.
 */
import { jsonDepthMax, type Json } from '@nexus/sdk'

/** Throws a SyntaxError where the text is no JSON, or is nested too deeply. */
export function readJson(text: string): Json {
  // So many levels need as many brackets, twice.
  if (text.length > 2 * jsonDepthMax && isTooDeep(text))
    throw new SyntaxError(`it is nested deeper than ${jsonDepthMax} levels`)
  return JSON.parse(text) as Json
}

function isTooDeep(text: string): boolean {
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at)
    if (character === quote) at = endOfText(text, at)
    else if (character === bracket || character === brace) depth++
    else if (character === closingBracket || character === closingBrace) depth--
    if (depth > jsonDepthMax) return true
  }
  return false
}

const [quote, backslash, bracket, brace, closingBracket, closingBrace] = [34, 92, 91, 123, 93, 125] as const

/** Where the quote stands that ends the text which begins at `at`. */
function endOfText(text: string, at: number): number {
  let end = text.indexOf('"', at + 1)
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1)
  return end === -1 ? text.length : end
}

function isEscaped(text: string, at: number): boolean {
  let before = at
  while (text.charCodeAt(before - 1) === backslash) before--
  return (at - before) % 2 === 1
}
