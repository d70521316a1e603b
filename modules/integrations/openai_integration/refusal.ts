/** What an endpoint said when it did not do what it was asked: read off whatever was thrown. It judges nothing. */
import type { ReadHeaders } from './retry_after.ts'

export interface Refusal {
  readonly status: number
  readonly message: string
  readonly code: string
  readonly param: string
  readonly headers: ReadHeaders
}

const noHeaders: ReadHeaders = { get: () => null }

/** Undefined where there was no answer with a status. */
export function refusalIn(error: unknown): Refusal | undefined {
  if (!(error instanceof Error) || !('status' in error) || typeof error.status !== 'number') return undefined
  const headers = 'headers' in error && error.headers instanceof Headers ? error.headers : noHeaders
  return {
    status: error.status,
    message: error.message,
    code: 'code' in error && typeof error.code === 'string' ? error.code : '',
    param: 'param' in error && typeof error.param === 'string' ? error.param : '',
    headers,
  }
}
