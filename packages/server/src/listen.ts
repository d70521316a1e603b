/**
 * Listening at an address, and what can be said where that is not possible.
 */
import { NexusError } from '@nexus/sdk'
import type { FastifyInstance } from 'fastify'

export interface Address {
  readonly host: string
  readonly port: number
}

/** Gives the URL. Rejects with `NexusError` `port_taken`, `port_forbidden` or `host_unknown`. */
export async function listen(app: FastifyInstance, address: Address): Promise<string> {
  try {
    await app.listen({ host: address.host, port: address.port })
  } catch (error) {
    throw await explain(error, address)
  }
  const bound = app.server.address()
  const port = typeof bound === 'object' && bound !== null ? bound.port : address.port
  return urlOf({ host: address.host, port })
}

function urlOf({ host, port }: Address): string {
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`
}

async function explain(error: unknown, { host, port }: Address): Promise<unknown> {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'EADDRINUSE':
      return portTaken(await holderOf({ host, port }), { host, port }, error)
    case 'EACCES':
      return new NexusError(
        'port_forbidden',
        `Port ${port} may not be used by this user. Choose one above 1023 with --port.`,
        { cause: error },
      )
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new NexusError(
        'host_unknown',
        `${host} is no address of this machine. Choose another with --host.`,
        { cause: error },
      )
    default:
      return error
  }
}

function portTaken(holder: string, { host, port }: Address, cause: unknown): NexusError {
  const message = `Port ${port} of ${host} is taken by ${holder}. End that, or choose another with --port (0 takes any that is free).`
  return new NexusError('port_taken', message, { cause })
}

/** How long whoever holds the port is given to say who it is. */
const answerMsMax = 1_000

async function holderOf(address: Address): Promise<string> {
  try {
    const response = await fetch(`${urlOf(address)}/health`, { signal: AbortSignal.timeout(answerMsMax) })
    const health: unknown = await response.json()
    const isNexus =
      typeof health === 'object' && health !== null && 'instance' in health && 'version' in health
    return isNexus ? `another Nexus (${String(health.version)}), for other data` : 'another program'
  } catch {
    return 'another program' // whoever it is, it does not speak HTTP
  }
}
