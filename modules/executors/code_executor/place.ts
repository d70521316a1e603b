/**
 * Where the code of a script stands, for people: under which name it runs, so that what its language says of errors
 * points there, and how a place in it is told in a fault. It reads no file.
 */
import type { SourcePlace } from '@nexus/sdk'
import type { CodeName } from './sandbox.ts'
import type { CodePlace } from './script.ts'

/** Of code in a document as its task's metadata has it; of code from a URL that file itself, from its first line. */
export function sourceOf(code: CodePlace, given: SourcePlace | undefined): SourcePlace | undefined {
  if (code.kind === 'inline') return given
  return { file: shown(code.url), line: 1, exact: true, column: 1 }
}

/** Only where its lines are lines of the file: else they count from the script's own first. */
export function codeNameOf(source: SourcePlace | undefined): CodeName | undefined {
  if (!source?.exact) return undefined
  const name = source.file.split(/[/\\]/).at(-1) ?? ''
  const { line, column } = source
  const plainName = name.slice(-nameCharactersMax).replaceAll(/[^\w.+@-]/g, '_') || 'script'
  return { name: plainName, line, ...(column !== undefined && { column }) }
}

const nameCharactersMax = 100

/** ` at FILE:LINE:COLUMN`, or what else can be said of where a script failed. */
export function placeTold(
  { line, column }: { line: number; column?: number },
  task: string,
  source: SourcePlace | undefined,
): string {
  if (!source) return ` at line ${line}`
  const isColumnKnown = source.column !== undefined && column !== undefined
  if (source.exact) return ` at ${source.file}:${line}${isColumnKnown ? `:${column}` : ''}`
  return ` at line ${line} of the script of ${task} in ${source.file}:${source.line}`
}

/** Without a user, a password and a query, in which may be secrets. */
function shown(url: URL): string {
  return url.protocol === 'file:' ? url.pathname : url.origin + url.pathname
}
