/**
 * Which statements a call may send at all. Whether something is written is for the engine to refuse, in a transaction
 * that only reads; this says so earlier and in plainer words, and keeps out what would end that transaction or reach
 * files and programs of the server.
 */
import { TaskFault } from '@nexus/sdk'
import type { Dialect } from './dialect.ts'
import { excerpt } from './excerpt.ts'
import type { Token } from './tokens.ts'

export interface Gate {
  readonly sql: string
  readonly tokens: readonly Token[]
  readonly dialect: Dialect
  readonly write: boolean
}

/** They would leave the transaction that a call is, or change the connection for the next call. */
const never: Readonly<Record<string, string>> = {
  begin: 'a call is a transaction of its own',
  start: 'a call is a transaction of its own',
  commit: 'a call is a transaction of its own',
  end: 'a call is a transaction of its own',
  rollback: 'a call is a transaction of its own',
  abort: 'a call is a transaction of its own',
  savepoint: 'a call is a transaction of its own',
  release: 'a call is a transaction of its own',
  lock: 'a call is a transaction of its own',
  unlock: 'a call is a transaction of its own',
  xa: 'a call is a transaction of its own',
  set: 'a connection serves other calls too',
  reset: 'a connection serves other calls too',
  use: 'a connection serves other calls too',
  discard: 'a connection serves other calls too',
  listen: 'a connection serves other calls too',
  prepare: 'a connection serves other calls too',
  execute: 'a connection serves other calls too',
  handler: 'a connection serves other calls too',
  attach: 'a connection has one database, and no other file',
  detach: 'a connection has one database, and no other file',
  copy: 'it reaches files and programs of the server',
  load: 'it reaches files of the server',
  install: 'extensions are not installed by a query',
  import: 'it reaches files of the server',
  export: 'it reaches files of the server',
  vacuum: 'it does not run in a transaction',
}

export function refuseStatement(gate: Gate): void {
  const { sql, tokens, dialect, write } = gate
  const first = tokens.find(({ text }) => text !== '(')
  const word = first?.text.toLowerCase() ?? ''
  const why = Object.hasOwn(never, word) ? never[word] : undefined
  if (why !== undefined) throw refused(sql, first, `${word.toUpperCase()} is not run: ${why}.`)
  const file = fileStatement(gate)
  if (file !== undefined) throw refused(sql, file, 'A query does not write files of the server.')
  const explained = word === 'explain' && dialect.explainsAnything ? explainedBy(tokens) : undefined
  if (explained !== undefined && !dialect.reads.includes(explained.text.toLowerCase()))
    throw refused(sql, explained, 'EXPLAIN is of a statement that reads.')
  if (write || dialect.reads.includes(word)) return
  const reads = dialect.reads.map((read) => read.toUpperCase()).join(', ')
  const detail = `A query only reads, so it begins with one of ${reads}. What writes needs \`write: true\`, and a connection whose configuration says \`read_only: false\`.`
  throw refused(sql, first, detail)
}

/** What comes after EXPLAIN, ANALYZE and options in parentheses. */
function explainedBy(tokens: readonly Token[]): Token | undefined {
  let at = tokens.findIndex(({ text }) => text !== '(') + 1
  while (tokens[at]?.text.toLowerCase() === 'analyze') at += 1
  if (tokens[at]?.text === '(') at = tokens.findIndex(({ text }, index) => index > at && text === ')') + 1
  return tokens[at]
}

/** MySQL runs what stands in `/*!` comments, and a SELECT of it writes files by INTO OUTFILE, also where it only reads. */
function fileStatement({ sql, tokens, dialect }: Gate): Token | undefined {
  if (!dialect.hashComments) return undefined
  const into = tokens.find(
    ({ text }, index) =>
      text.toLowerCase() === 'into' && /^(?:outfile|dumpfile)$/i.test(tokens[index + 1]?.text ?? ''),
  )
  if (into !== undefined) return into
  for (const { 0: text, index } of sql.matchAll(/\/\*M?!/g))
    if (!tokens.some(({ from, to }) => from <= index && index < to))
      return { kind: 'symbol', text, from: index, to: index + text.length }
  return undefined
}

function refused(sql: string, token: Token | undefined, detail: string): TaskFault {
  return TaskFault.of('validation', `${detail}\n${excerpt(sql, token?.from ?? 0)}`)
}
