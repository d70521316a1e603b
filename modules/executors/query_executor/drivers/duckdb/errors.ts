/** What DuckDB's messages mean: their first words are the kind, and LINE and a caret say where. */
import { EngineError, type EngineErrorKind } from '../../driver.ts'
import type { EngineFailure } from '../process/protocol.ts'

const kinds: Readonly<Record<string, EngineErrorKind>> = {
  Parser: 'statement',
  Syntax: 'statement',
  Binder: 'statement',
  Catalog: 'statement',
  'Parameter Not Resolved': 'statement',
  Permission: 'refused',
  IO: 'configuration',
  INTERRUPT: 'timeout',
}

export function duckdbError(failure: EngineFailure, text: string): EngineError {
  const [message = '', place = ''] = failure.message.split(/\n\n(?=LINE \d+: )/)
  const [, kind = ''] = /^([\w ]+?) Error: /.exec(message) ?? []
  const isReadOnly = /read-only/.test(message)
  const offset = offsetOf(place, text)
  return new EngineError(isReadOnly ? 'refused' : (kinds[kind] ?? 'runtime'), message.replaceAll('\n', ' '), {
    offset,
  })
}

/** The line is shown whole, or from somewhere in the middle with dots before it. */
function offsetOf(place: string, text: string): number | undefined {
  const [, label = '', number = '', shown = '', indent = ''] = /^(LINE (\d+): )(.*)\n( *)\^/.exec(place) ?? []
  const lines = text.split('\n')
  const line = lines[Number(number) - 1]
  if (label === '' || line === undefined) return undefined
  const lineStart = lines.slice(0, Number(number) - 1).reduce((sum, before) => sum + before.length + 1, 0)
  const skipped = shown.startsWith('...') ? line.indexOf(shown.slice(3).replace(/\.\.\.$/, '')) - 3 : 0
  return skipped < -2 ? lineStart : lineStart + skipped + indent.length - label.length
}
