/**
 * The one place where text becomes what a terminal is given. Most of it was written by somebody else (faults, bodies of
 * HTTP answers, names, outputs, logs), so whatever a terminal would obey is shown instead: `\x1b[2J`. Styles alone have
 * an effect, and only those that were made here: they carry a mark that nobody outside knows.
 */
import { randomInt } from 'node:crypto'
import { styleText } from 'node:util'

export type Style = Parameters<typeof styleText>[0]

/** Stands for the escape character of our own styles, until they are written: another private character each time. */
const mark = String.fromCodePoint(0xf_0000 + randomInt(0xfffe))

/** Control characters but the tab and the end of a line, and what turns the order of letters round or ends a line unseen. */
const obeyed = String.raw`[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]`
const obeyedOnly = new RegExp(obeyed, 'gu')
const styles = new RegExp(String.raw`(${mark}\[[0-9;]*m)`, 'gu')
const stylesAndObeyed = new RegExp(String.raw`${mark}\[[0-9;]*m|${obeyed}`, 'gu')

/** Text in a style. It takes effect where it is written to a terminal. */
export function styled(style: Style, text: string): string {
  const [open = '', close = ''] = styleText(style, '\0', { validateStream: false }).split('\0')
  return `${open.replaceAll('\u001B', mark)}${text}${close.replaceAll('\u001B', mark)}`
}

/** What is written: our own styles take effect, anything else that would is shown. */
export function terminalText(text: string): string {
  return text
    .replaceAll('\r\n', '\n')
    .replaceAll(stylesAndObeyed, (sign) =>
      sign.startsWith(mark) ? `\u001B${sign.slice(mark.length)}` : signText(sign),
    )
}

/** What somebody else wrote, over several lines, with nothing in it that a terminal obeys. */
export function shown(text: string): string {
  return text.replaceAll('\r\n', '\n').replaceAll(obeyedOnly, signText)
}

/** The same on one line, so that it cannot pass for lines of ours. */
export function plain(text: string): string {
  return shown(text.replaceAll(/[\r\n\t]+/g, ' '))
}

/** The same over several lines, those after the first indented, so that they cannot pass for lines of ours either. */
export function indented(text: string): string {
  return shown(text).replaceAll('\n', '\n    ')
}

/** A value as a JSON document: exactly that value, and yet with nothing in it that a terminal obeys. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, null, 2) ?? 'null'
  return text.replaceAll(obeyedOnly, (sign) => `\\u${hexOf(sign).padStart(4, '0')}`)
}

function signText(sign: string): string {
  const hex = hexOf(sign)
  return hex.length <= 2 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`
}

function hexOf(sign: string): string {
  return (sign.codePointAt(0) ?? 0).toString(16)
}

/** Columns that it takes; styles take none. */
export function visibleWidth(text: string): number {
  return charactersOf(text.replaceAll(styles, '')).length
}

/** Cut to a number of columns, with … where something is missing; styles still end. */
export function clip(text: string, columns: number): string {
  if (visibleWidth(text) <= columns) return text
  let left = Math.max(0, columns - 1)
  let isCut = false
  const parts = text.split(styles).map((part) => {
    if (part.startsWith(mark)) return part
    if (isCut) return ''
    const characters = charactersOf(part)
    isCut = characters.length > left
    const kept = characters.slice(0, left)
    left -= kept.length
    return `${kept.join('')}${isCut ? '…' : ''}`
  })
  return parts.join('')
}

/** What a reader takes for one character each. */
function charactersOf(text: string): readonly string[] {
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment)
}
