/** What SQLite's result codes mean. Pure. */
import { EngineError, type EngineErrorKind } from '../../driver.ts'
import type { EngineFailure } from '../process/protocol.ts'

const kinds: Readonly<Record<number, EngineErrorKind>> = {
  1: 'statement',
  7: 'runtime',
  8: 'refused',
  14: 'configuration',
  20: 'statement',
  23: 'refused',
  25: 'statement',
  26: 'configuration',
}

const hints: Readonly<Record<number, string>> = {
  5: ' Another process writes; pool_wait_ms says how long this waits.',
  7: ' It would take more than the memory of a connection; sort or group less.',
  8: ' This connection only reads.',
  10: ' Did it sort more than it may, or is the disk full?',
  13: ' What it sorts is larger than it may be, or the disk is full.',
  14: ' Is the file there, and may this program read it?',
  23: ' The statement does what queries may not: other files, other settings, transactions.',
}

export function sqliteError({ message, code }: EngineFailure): EngineError {
  const primary = code % 256
  const [, words] =
    /near "([^]+?)": |no such (?:table|column|function|module): ([^\s:]+)/
      .exec(message)
      ?.filter((text) => text !== undefined) ?? []
  const name = words?.split('.').at(-1)
  const near = name === undefined ? undefined : { near: { text: name } }
  return new EngineError(kinds[primary] ?? 'runtime', `${message}.${hints[primary] ?? ''}`, near)
}
