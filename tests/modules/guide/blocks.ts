/**
 * What stands in the fences of docs/modules.md, by section. A block is a file, where its first line is a comment with a
 * path; a transcript of commands, where it says `console`; anything else is a mistake of the guide. It runs nothing.
 */

export type Block =
  | { readonly kind: 'file'; readonly line: number; readonly path: string; readonly text: string }
  | { readonly kind: 'transcript'; readonly line: number; readonly steps: readonly Step[] }

export interface Step {
  /** As it is typed; undefined for what a command that stays up says meanwhile. */
  readonly command: string | undefined
  /** What it prints: `…` stands for anything in a line, and alone in one for any lines. */
  readonly prints: string
}

export interface Section {
  readonly title: string
  readonly blocks: readonly Block[]
}

const fence = /^```(\w*)\n([\s\S]*?)^```$/gm

/** The sections that have blocks. Throws for a block that is neither a file nor a transcript, or that is in none. */
export function readGuide(text: string): readonly Section[] {
  const sections = sectionsOf(text)
  const fences = text.match(/^ *```/gm)?.length ?? 0
  const read = sections.flatMap(({ blocks }) => blocks).length
  if (fences === 2 * read) return sections
  throw new Error(
    `docs/modules.md has ${fences} fences, and ${read} blocks in sections: some are not followed.`,
  )
}

function sectionsOf(text: string): readonly Section[] {
  const starts = [...text.matchAll(/^## (.+)$/gm)]
  return starts.flatMap(({ index, 1: title = '' }, at) => {
    const body = text.slice(index, starts[at + 1]?.index)
    const lineOf = (offset: number): number => text.slice(0, index + offset).split('\n').length
    const blocks = [...body.matchAll(fence)].map((match) =>
      readBlock(match[1] ?? '', match[2] ?? '', lineOf(match.index)),
    )
    return blocks.length > 0 ? [{ title, blocks }] : []
  })
}

function readBlock(language: string, text: string, line: number): Block {
  if (language === 'console') return { kind: 'transcript', line, steps: readSteps(text) }
  const [, path] = /^(?:#|\/\/) (\S+\.\w+)\n/.exec(text) ?? []
  if (path !== undefined) return { kind: 'file', line, path, text }
  throw new Error(
    `docs/modules.md:${line}: this block is no file, whose first line is a comment with its path, and no console.`,
  )
}

function readSteps(text: string): Step[] {
  return text.split(/^(?=\$ )/m).map((part) => {
    const [, command, prints = part] = /^\$ (.+)\n?([\s\S]*)$/.exec(part) ?? []
    return { command, prints }
  })
}

/** What a transcript shows, as a pattern. How many spaces stand side by side is not looked at; `… ms` may be seconds, too. */
export function patternOf(prints: string): RegExp {
  const lines = prints.trimEnd().split('\n')
  const patterns = lines.map((line) => (line.trim() === '…' ? '(?:.*\\n)*?.*' : linePattern(line)))
  return new RegExp(`^\\s*${patterns.join('\\n')}\\s*$`)
}

function linePattern(line: string): string {
  const words = line.trim().replaceAll('… ms', '…').split(/ +/)
  const escaped = words.map((word) => RegExp.escape(word).replaceAll('…', '.*'))
  return ` *${escaped.join(' +')} *`
}
