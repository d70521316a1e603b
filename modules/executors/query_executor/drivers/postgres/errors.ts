/** What PostgreSQL's codes, and the failures of a connection to it, mean. */
import { TaskFault } from '@nexus/sdk'
import { EngineError, type EngineErrorKind } from '../../driver.ts'

/** By the code, else by its first two letters, its class. */
const kinds: Readonly<Record<string, EngineErrorKind>> = {
  '42501': 'refused',
  '25006': 'refused',
  '57014': 'timeout',
  '3D000': 'configuration',
  '3F000': 'statement',
  '53300': 'communication',
  '08': 'communication',
  '28': 'authentication',
  '42': 'statement',
  '57': 'communication',
}

export function postgresError(error: unknown, text = ''): unknown {
  if (error instanceof TaskFault || error instanceof EngineError || !(error instanceof Error)) return error
  const { code, position, hint, detail } = error as Error & Partial<Record<string, unknown>>
  const state = typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined
  const kind = state === undefined ? 'communication' : (kinds[state] ?? kinds[state.slice(0, 2)] ?? 'runtime')
  const more = [detail, hint].filter((part) => typeof part === 'string').map((part) => ` ${part}`)
  const message = state === undefined ? connectionProblem(error) : `${error.message}.${more.join('')}`
  const offset = typeof position === 'string' ? unitsBefore(text, Number(position) - 1) : undefined
  return new EngineError(kind, message, { cause: error, offset })
}

function connectionProblem(error: Error): string {
  const inner = error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error
  if ('code' in inner && inner.code === 'ECONNREFUSED')
    return 'nothing listens there (connection refused). Is the server running?'
  return `the connection is lost or cannot be made: ${inner.message || 'it was closed'}`
}

/** PostgreSQL counts characters, JavaScript UTF-16 units. */
function unitsBefore(text: string, characters: number): number {
  return Array.from(text).slice(0, characters).join('').length
}
