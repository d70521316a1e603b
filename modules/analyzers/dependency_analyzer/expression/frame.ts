/**
 * One level of nesting of a jq expression, for the scanner: what closes it, and whether `.` is the task's input in it.
 */

export interface Frame {
  /** `end` closes an `if`; `"` a `\( … )` inside a string, with a parenthesis. */
  readonly close: ')' | ']' | '}' | 'end' | '"' | ''
  /** Whether `.` is the input where the level begins. */
  readonly begins: boolean
  /** Whether `.` is the input where the scanner stands. */
  dot: boolean
  /** The next `|` ends a binding (`as $x |`), which leaves `.` what it was. */
  binds: boolean
  /** Where a `reduce` or `foreach` stands: its source, or its parentheses come next. */
  fold: 'none' | 'source' | 'body'
  /** Behind the first `;` of a `reduce` or `foreach`, `.` is what was gathered. */
  readonly isFold: boolean
  /** In an object, whether a key comes next. */
  isKey: boolean
  hasElse: boolean
}

export function frame(close: Frame['close'], dot: boolean, isFold = false): Frame {
  return {
    close,
    begins: dot,
    dot,
    binds: false,
    fold: 'none',
    isFold,
    isKey: close === '}',
    hasElse: false,
  }
}
