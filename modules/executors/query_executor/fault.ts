/** From what an engine says to the fault of the task: what, on which connection, and where in the SQL as it was written. Pure. */
import { TaskFault, type StandardError } from '@nexus/sdk'
import { EngineError, type EngineErrorKind } from './driver.ts'
import { excerpt, placeOf } from './sql/excerpt.ts'

const types: Readonly<Record<EngineErrorKind, StandardError>> = {
  statement: 'validation',
  runtime: 'runtime',
  refused: 'authorization',
  communication: 'communication',
  authentication: 'authentication',
  configuration: 'configuration',
  timeout: 'timeout',
}

export interface Source {
  readonly sql: string
  readonly title: string
  readonly originalOffset: (offset: number) => number
}

export function faultOf(error: unknown, { sql, title, originalOffset }: Source): unknown {
  if (!(error instanceof EngineError)) return error
  const { offset, near } = error
  const place = offset === undefined ? near && placeOf(sql, near.text, near.line) : originalOffset(offset)
  const where = place === undefined ? '' : `\n${excerpt(sql, place)}`
  return TaskFault.of(types[error.kind], `The query on ${title} failed: ${sentence(error.message)}${where}`, {
    cause: error,
  })
}

function sentence(message: string): string {
  const text = message.trim()
  return /[.!?]$/.test(text) ? text : `${text}.`
}
