/** Why there was no answer, in plain words that name host and port. It holds what systems and Node call such things. */
import { TaskFault } from '@nexus/sdk'
import { hostAndPort, nameOf } from './address.ts'
import type { HttpRequest } from './request.ts'

const reasons: Readonly<Record<string, (at: string) => string>> = {
  ECONNREFUSED: (at) => `nothing listens at ${at} (connection refused). Is the service running?`,
  ENOTFOUND: (at) => `the name of ${at} is not known to DNS.`,
  EAI_AGAIN: (at) => `the name of ${at} could not be looked up now (DNS does not answer).`,
  ECONNRESET: (at) => `${at} broke the connection off.`,
  EPIPE: (at) => `${at} broke the connection off.`,
  UND_ERR_SOCKET: (at) => `${at} closed the connection before its answer was complete.`,
  ETIMEDOUT: (at) => `${at} did not take the connection in time.`,
  UND_ERR_CONNECT_TIMEOUT: (at) => `${at} did not take the connection in time.`,
  UND_ERR_HEADERS_TIMEOUT: (at) => `${at} took the request and did not begin to answer in time.`,
  UND_ERR_BODY_TIMEOUT: (at) => `${at} stopped in the middle of its answer.`,
  EHOSTUNREACH: (at) => `there is no way to ${at} in the network.`,
  ENETUNREACH: (at) => `there is no way to ${at} in the network.`,
  EACCES: (at) => `this process may not connect to ${at}.`,
  ERR_ACCESS_DENIED: (at) => `this process may not connect to ${at}.`,
  EPROTO: (at) => `${at} does not speak TLS. Is it http instead of https?`,
  ERR_SSL_WRONG_VERSION_NUMBER: (at) => `${at} does not speak TLS. Is it http instead of https?`,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: (at) => `${at} does not speak TLS. Is it http instead of https?`,
}

export function connectionFault({ method, url }: HttpRequest, error: unknown): TaskFault {
  const cause = rootOf(error)
  const detail = `${method} ${nameOf(url)} failed: ${reason(cause, hostAndPort(url))}`
  return TaskFault.of('communication', detail, { cause: error })
}

function reason(cause: { code: string; message: string }, at: string): string {
  const known = reasons[cause.code]
  if (known) return known(at)
  if (/CERT|SIGNATURE|ERR_TLS/.test(cause.code))
    return `the certificate of ${at} is not trusted (${cause.message.split('; if the root CA')[0] ?? ''}).`
  if (cause.code.startsWith('HPE_') || /HTTP\/1\.1 protocol/.test(cause.message))
    return `${at} does not answer in HTTP (${cause.message}).`
  if (cause.message === 'bad port')
    return `HTTP clients do not call the port of ${at}: it belongs to another protocol.`
  return `${cause.message} (${at}).`
}

/** `fetch` says only "fetch failed"; what happened is in the cause, or, for a name with several addresses, in its parts. */
function rootOf(error: unknown): { code: string; message: string } {
  let cause = error
  while (cause instanceof Error && cause.cause instanceof Error) cause = cause.cause
  if (cause instanceof AggregateError && cause.errors[0] instanceof Error) cause = cause.errors[0]
  if (!(cause instanceof Error)) return { code: '', message: String(cause) }
  return { code: 'code' in cause ? String(cause.code) : '', message: cause.message }
}
