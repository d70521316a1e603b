/**
 * What a call is in A2A 1.0, whose methods have other names, and whose messages are written otherwise, than in 0.3, which
 * the specification of workflows has. Only what goes out is translated; results are as the agent gives them. Pure.
 */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'

const names: Readonly<Record<string, string>> = {
  'message/send': 'SendMessage',
  'message/stream': 'SendStreamingMessage',
  'tasks/get': 'GetTask',
  'tasks/list': 'ListTasks',
  'tasks/cancel': 'CancelTask',
  'tasks/resubscribe': 'SubscribeToTask',
  'tasks/pushNotificationConfig/set': 'CreateTaskPushNotificationConfig',
  'tasks/pushNotificationConfig/get': 'GetTaskPushNotificationConfig',
  'tasks/pushNotificationConfig/list': 'ListTaskPushNotificationConfigs',
  'tasks/pushNotificationConfig/delete': 'DeleteTaskPushNotificationConfig',
  'agent/getAuthenticatedExtendedCard': 'GetExtendedAgentCard',
}

export function translated(
  method: string,
  parameters: JsonObject,
): { readonly method: string; readonly parameters: JsonObject } {
  const { message } = parameters
  const own = isJsonObject(message) ? { ...parameters, message: messageOf(message) } : parameters
  return { method: names[method] ?? method, parameters: own }
}

function messageOf({ kind: _kind, role, parts, ...others }: JsonObject): JsonObject {
  return {
    ...others,
    role: role === 'user' ? 'ROLE_USER' : role === 'agent' ? 'ROLE_AGENT' : (role ?? 'ROLE_USER'),
    ...(Array.isArray(parts) && {
      parts: parts.map((part: Json) => (isJsonObject(part) ? partOf(part) : part)),
    }),
  }
}

function partOf({ kind, file, ...others }: JsonObject): JsonObject {
  if (kind !== 'file' || !isJsonObject(file)) return others
  const { uri, bytes, mimeType, name } = file
  return {
    ...others,
    ...(uri !== undefined && { url: uri }),
    ...(bytes !== undefined && { raw: bytes }),
    ...(mimeType !== undefined && { mediaType: mimeType }),
    ...(name !== undefined && { filename: name }),
  }
}
