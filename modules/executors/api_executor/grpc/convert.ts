/** Between ProtoJSON and bytes. Arguments that do not fit a message are a validation fault which names the method. */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import protojson from 'protobufjs/ext/protojson.js'
import type { Method } from './service.ts'

/** What the call sends, in its order: of a stream of requests, each of `messages`. */
export function encodeMessages(method: Method, given: JsonObject): readonly Buffer[] {
  if (!method.isClientStream) return [encode(method, given, 'arguments')]
  const { messages, ...others } = given
  if (!Array.isArray(messages) || Object.keys(others).length > 0) {
    const detail = `${method.name} takes a stream: its arguments are {messages: [...]}, a list with the messages to send.`
    throw TaskFault.of('validation', detail)
  }
  return messages.map((message: Json, index) => encode(method, message, `arguments.messages[${index}]`))
}

function encode({ request, name }: Method, message: Json, place: string): Buffer {
  try {
    return Buffer.from(request.encode(protojson.fromJson(request, message)).finish())
  } catch (error) {
    const { message: why } = error instanceof Error ? error : { message: String(error) }
    const known = isJsonObject(message) ? ` ${request.name} has ${fieldsOf(request)}.` : ''
    throw TaskFault.of('validation', `${place} does not fit ${name}: ${why}.${known}`, { cause: error })
  }
}

function fieldsOf({ fieldsArray }: Method['request']): string {
  return fieldsArray.map(({ name }) => name).join(', ') || 'no fields'
}

export function decodeMessage({ response, name }: Method, bytes: Uint8Array): Json {
  try {
    return protojson.toJson(response, response.decode(bytes)) as Json
  } catch (error) {
    const { message: why } = error instanceof Error ? error : { message: String(error) }
    throw TaskFault.of(
      'communication',
      `${name} answered with something else than ${response.name}: ${why}.`,
      {
        cause: error,
      },
    )
  }
}
