/** The socket of a connection to a server, which reaches what may be reached and tells when it is closed. */
import { Socket, type NetConnectOpts } from 'node:net'
import { lookupFor, refuseAddress, type Reach } from '../network.ts'

const silentMsMax = 15_000

/** Not connected yet: drivers do that themselves, by port and host. */
export class GuardedSocket extends Socket {
  readonly #reach: Reach
  /** Resolves when it is closed, however. */
  readonly gone: Promise<void>

  constructor(reach: Reach) {
    super()
    this.#reach = reach
    const { promise, resolve } = Promise.withResolvers<void>()
    this.gone = promise
    this.once('close', () => resolve())
    this.setKeepAlive(true, silentMsMax)
  }

  /** As drivers call it: with a port and a host, or the path of a socket. */
  // @ts-expect-error: of the many ways to call it, drivers use these.
  override connect(port: number | string, host?: string): this {
    if (typeof port === 'string' && host === undefined) return super.connect(port)
    const options: NetConnectOpts = {
      port: Number(port),
      host: host ?? 'localhost',
      lookup: lookupFor(this.#reach),
    }
    try {
      refuseAddress(options.host ?? '', this.#reach)
    } catch (error) {
      queueMicrotask(() => this.destroy(error instanceof Error ? error : undefined))
      return this
    }
    return super.connect(options)
  }
}
