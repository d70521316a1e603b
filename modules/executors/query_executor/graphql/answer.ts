/** What a GraphQL service answers, read and looked at: data, and errors that are told all of them, with their paths. Pure. */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'

export interface Answer {
  readonly status: number
  readonly text: string
  /** The service, as errors name it. */
  readonly name: string
}

const detailLengthMax = 500
const errorsShownMax = 20

/** The response object; anything else is a communication fault. */
export function responseOf({ status, text, name }: Answer): JsonObject {
  const isFailure = status < 200 || status >= 300
  const response = parsed(text)
  if (response !== undefined && ('data' in response || Array.isArray(response['errors']))) return response
  const shown = text.slice(0, detailLengthMax).trim()
  const type = status === 401 ? 'authentication' : status === 403 ? 'authorization' : 'communication'
  const what = isFailure ? `answered ${status}` : 'does not answer as a GraphQL service does'
  throw TaskFault.of(type, `${name} ${what}. ${shown}`.trim(), isFailure ? { status } : {})
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text) as Json
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** `data`, or a fault that tells all errors. */
export function dataOf(response: JsonObject, name: string): Json {
  const { errors, data = null } = response
  if (!Array.isArray(errors) || errors.length === 0) return data
  const shown = errors.slice(0, errorsShownMax).map((error: Json) => `\n  - ${errorText(error)}`)
  const more = errors.length > errorsShownMax ? `\n  … and ${errors.length - errorsShownMax} more` : ''
  const partly = data === null ? '' : ' `return: response` gives what there is of the data beside them.'
  throw TaskFault.of(
    'runtime',
    `${name} answers with ${errors.length === 1 ? 'an error' : `${errors.length} errors`}:${shown.join('')}${more}${partly}`,
  )
}

function errorText(error: Json): string {
  if (!isJsonObject(error)) return JSON.stringify(error)
  const { message, path, locations } = error
  const where = Array.isArray(path) ? ` (at ${path.join('.')})` : ''
  const [first] = Array.isArray(locations) ? locations : []
  const place = isJsonObject(first ?? null) ? placeOf(first as JsonObject) : ''
  return `${typeof message === 'string' ? message : 'an error without a message'}${where}${place}`
}

function placeOf({ line, column }: JsonObject): string {
  return typeof line === 'number' && typeof column === 'number'
    ? ` (line ${line}, column ${column} of the query)`
    : ''
}
