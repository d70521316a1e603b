/** What the codes of MySQL and MariaDB, and the failures of a connection to them, mean. */
import { TaskFault } from '@nexus/sdk'
import { EngineError, type EngineErrorKind } from '../../driver.ts'

const kinds: Readonly<Record<number, EngineErrorKind>> = {
  1040: 'communication',
  1044: 'authentication',
  1045: 'authentication',
  1049: 'configuration',
  1053: 'communication',
  1142: 'refused',
  1143: 'refused',
  1227: 'refused',
  1290: 'refused',
  1317: 'timeout',
  1370: 'refused',
  1698: 'authentication',
  1792: 'refused',
  1927: 'communication',
  1969: 'timeout',
  3024: 'timeout',
}

export function mysqlError(error: unknown): unknown {
  if (error instanceof TaskFault || error instanceof EngineError || !(error instanceof Error)) return error
  const { errno, sqlState, sqlMessage } = error as Error & Partial<Record<string, unknown>>
  if (typeof errno !== 'number' || errno < 1_000 || typeof sqlMessage !== 'string') {
    const problem =
      'code' in error && error.code === 'ECONNREFUSED'
        ? 'nothing listens there (connection refused). Is the server running?'
        : `the connection is lost or cannot be made: ${error.message || 'it was closed'}`
    return new EngineError('communication', problem, { cause: error })
  }
  const isStatement = typeof sqlState === 'string' && sqlState.startsWith('42')
  const kind = kinds[errno] ?? (isStatement ? 'statement' : 'runtime')
  return new EngineError(kind, sqlMessage, { cause: error, near: nearOf(sqlMessage) })
}

/** "near 'FRM nowhere' at line 2": as much of it as was written so, not put in for a parameter. */
function nearOf(message: string): { text: string; line?: number } | undefined {
  const [, rest, line] = /near '([^]*)' at line (\d+)/.exec(message) ?? []
  if (rest !== undefined) return { text: rest.split(/[?\n]/)[0]?.trimEnd() ?? '', line: Number(line) }
  const [, name] =
    /Unknown column '([^']+)'|Table '([^']+)' doesn't exist/
      .exec(message)
      ?.filter((text) => text !== undefined) ?? []
  const text = name?.split('.').at(-1)
  return text === undefined ? undefined : { text }
}
