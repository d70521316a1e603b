/** What went wrong in a call of a server, as the specification wants it: a runtime error; without an answer, communication. */
import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from '@modelcontextprotocol/client'
import { isJsonObject, TaskFault, type Json } from '@nexus/sdk'
import type { McpCall } from './arguments.ts'

/** What of a server's words stands in a fault. */
const wordsLengthMax = 2048

export function asFault(error: unknown, server: string, method: string): TaskFault {
  if (error instanceof TaskFault) return error
  if (ProtocolError.isInstance(error))
    return TaskFault.of(
      'runtime',
      `${server} refused ${method}: ${short(error.message)} (code ${error.code})`,
      {
        cause: error,
      },
    )
  if (SdkHttpError.isInstance(error)) return httpFault(error, server, method)
  const isClosed = SdkError.isInstance(error) && error.code === SdkErrorCode.ConnectionClosed
  const words = error instanceof Error ? error.message : String(error)
  const why = isClosed ? 'the connection was closed' : short(words)
  return TaskFault.of('communication', `${method} of ${server} failed: ${why}.`, { cause: error })
}

function httpFault(error: SdkHttpError, server: string, method: string): TaskFault {
  const { status } = error
  const type = status === 401 ? 'authentication' : status === 403 ? 'authorization' : 'communication'
  const detail = `${server} answered ${status} to ${method}: ${short(error.message)}`
  return TaskFault.of(type, detail, { status, cause: error })
}

/** A tool that says that it failed; its texts say why. */
export function toolFault(server: string, { parameters }: McpCall, result: Json): TaskFault {
  const content = isJsonObject(result) && Array.isArray(result['content']) ? result['content'] : []
  const texts = content.flatMap((part: Json) =>
    isJsonObject(part) && typeof part['text'] === 'string' ? [part['text']] : [],
  )
  const words = short(texts.join('\n')) || 'it does not say why'
  return TaskFault.of('runtime', `The tool "${String(parameters['name'])}" of ${server} failed: ${words}`)
}

function short(text: string): string {
  return text.slice(0, wordsLengthMax).trim()
}
