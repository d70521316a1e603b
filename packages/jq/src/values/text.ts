/** Strings as jq counts them: in codepoints. Text without surrogates takes the short way. */
const SURROGATE = /[\ud800-\udfff]/

export function hasSurrogates(text: string): boolean {
  return SURROGATE.test(text)
}

export function codepointLength(text: string): number {
  if (!hasSurrogates(text)) return text.length
  let length = 0
  for (const _ of text) length++
  return length
}

export function codepoints(text: string): string[] {
  return Array.from(text)
}

export function sliceCodepoints(text: string, start: number, end: number): string {
  return hasSurrogates(text) ? codepoints(text).slice(start, end).join('') : text.slice(start, end)
}

/** Turns offsets in UTF-16 units, which must be asked for in rising order, into offsets in codepoints. */
export function codepointOffsets(text: string): (unit: number) => number {
  if (!hasSurrogates(text)) return (unit) => unit
  let unitsSeen = 0
  let codepointsSeen = 0
  return (unit) => {
    if (unit < unitsSeen) {
      unitsSeen = 0
      codepointsSeen = 0
    }
    while (unitsSeen < unit) {
      const code = text.codePointAt(unitsSeen) ?? 0
      unitsSeen += code > 0xffff ? 2 : 1
      codepointsSeen++
    }
    return codepointsSeen
  }
}
