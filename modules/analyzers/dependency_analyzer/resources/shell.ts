/**
 * The files that a shell command or a program reads and writes: what it redirects, and arguments that look like paths.
 * It knows quotes, escapes and comments of the shell; what the shell would compute it leaves out.
 */
import { looksLikePath } from './path.ts'
import type { Found } from './resources.ts'

const blank = /[ \t]+|\\\n/y
const comment = /#[^\n]*/y
const redirection = /(?:\d+|&)?(?:>>|>\||<<<|<<-?|<>|>|<)(?!\()(?:&(?:\d+|-))?/y
const separator = /\|\||&&|[|&;\n()]/y
const wordPart = /[^\s"'\\<>|&;()]+|\\[\s\S]|'[^']*'|"(?:[^"\\]|\\[\s\S])*"|["'\\]/y

type Token =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'redirect'; readonly text: string }
  | { readonly kind: 'end' }

export function shellResources(command: string, args: readonly string[], found: Found): void {
  let words: string[] = []
  let redirect = ''
  for (const token of tokensOf(command, args)) {
    if (token.kind === 'end') {
      programResources(words[0] ?? '', words.slice(1), found)
      words = []
    } else if (token.kind === 'redirect') redirect = token.text
    else if (redirect === '') words.push(token.text)
    else {
      redirected(redirect, token.text, found)
      redirect = ''
    }
  }
}

function* tokensOf(command: string, args: readonly string[]): Generator<Token> {
  let at = 0
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at
    const taken = pattern.exec(command)?.[0] ?? ''
    at += taken.length
    return taken
  }
  while (at < command.length) {
    if (take(blank) !== '' || take(comment) !== '') continue
    const operator = take(redirection)
    if (operator !== '') {
      if (!/&(?:\d+|-)$/.test(operator)) yield { kind: 'redirect', text: operator }
    } else if (take(separator) !== '') yield { kind: 'end' }
    else {
      const parts: string[] = []
      for (let part = take(wordPart); part !== ''; part = take(wordPart)) parts.push(plain(part, args))
      if (parts.length === 0) at++
      else yield { kind: 'word', text: parts.join('') }
    }
  }
  yield { kind: 'end' }
}

/** A part of a word without its quotes. `$1` is the first argument; other variables make a word that is no path. */
function plain(part: string, args: readonly string[]): string {
  if (part.startsWith("'") && part.length > 1) return part.slice(1, -1)
  if (part.startsWith('\\')) return part.slice(1)
  const inner = part.startsWith('"') && part.length > 1 ? part.slice(1, -1) : part
  return inner.replaceAll(/\$\{?([1-9])\}?/g, (all, place: string) => args[Number(place) - 1] ?? all)
}

function redirected(operator: string, target: string, found: Found): void {
  if (operator.includes('<<') || target === '' || /[$`*?]/.test(target) || target.startsWith('/dev/')) return
  if (operator.includes('<')) found.read('file', target)
  if (operator.includes('>')) found.write('file', target)
}

const writing: ReadonlySet<string> = new Set(['tee', 'touch', 'rm', 'truncate', 'unlink', 'shred'])
const moving: ReadonlySet<string> = new Set(['cp', 'mv', 'install', 'ln', 'rsync'])
const outputOption = /^(?:-o|--output|--output-file)$/

/** A program and its arguments as they are. */
export function programResources(program: string, args: readonly string[], found: Found): void {
  const name = program.split('/').at(-1) ?? ''
  const files = args.filter((argument) => !argument.startsWith('-') && !/[$`*?]/.test(argument))
  if (writing.has(name)) return files.forEach((file) => file !== '' && found.write('file', file))
  if (moving.has(name) && files.length > 1) return moved(name, files, found)
  const inPlace = name === 'sed' && args.some((argument) => /^(?:-i|--in-place)/.test(argument))
  for (const [index, argument] of args.entries()) {
    const [, joined] = /^--output(?:-file)?=(.+)$/.exec(argument) ?? []
    if (joined !== undefined) found.write('file', joined)
    if (!looksLikePath(argument)) continue
    if (outputOption.test(args[index - 1] ?? '')) found.write('file', argument)
    else found.read('file', argument)
    if (inPlace) found.write('file', argument)
  }
}

function moved(name: string, files: readonly string[], found: Found): void {
  for (const file of files.slice(0, -1)) {
    found.read('file', file)
    if (name === 'mv') found.write('file', file)
  }
  found.write('file', files.at(-1) ?? '')
}
