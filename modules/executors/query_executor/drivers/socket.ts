/** The socket of a connection to a server: it reaches what may be reached, takes no more than memory has room for, and tells when it is closed. */
import { Socket, type NetConnectOpts } from 'node:net'
import type { Clock } from '@nexus/sdk'
import { EngineError } from '../driver.ts'
import { lookupFor, refuseAddress, type Reach } from '../network.ts'

const silentMsMax = 15_000
/** What may come for one answer: some rows, or one very large one. */
const answerMbMax = 256
const lookEveryMs = 20

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
    this.setMaxListeners(0)
    this.setKeepAlive(true, silentMsMax)
  }

  /** Gives the way to take it back, so that a connection that serves long does not collect listeners. */
  whenGone(listener: () => void): () => void {
    if (this.closed) queueMicrotask(listener)
    this.once('close', listener)
    return () => void this.off('close', listener)
  }

  /** Waits for an answer; where more comes than may, the connection is closed, and that is the error. */
  async answer<Value>(clock: Clock, work: Promise<Value>): Promise<Value> {
    const bytesBefore = this.bytesRead
    let stopTimer: () => void
    let excess: EngineError | undefined
    const look = (): void => {
      if (this.bytesRead - bytesBefore <= answerMbMax * 1_048_576) stopTimer = clock.timer(lookEveryMs, look)
      else {
        excess = tooLarge()
        this.destroy()
      }
    }
    stopTimer = clock.timer(lookEveryMs, look)
    try {
      return await work
    } catch (error) {
      throw excess ?? error
    } finally {
      stopTimer()
    }
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
    // Against which a certificate is checked where the client does not say; Node sets it for names alone.
    Object.assign(this, { _host: options.host })
    try {
      refuseAddress(options.host ?? '', this.#reach)
    } catch (error) {
      queueMicrotask(() => this.destroy(error instanceof Error ? error : undefined))
      return this
    }
    return super.connect(options)
  }
}

function tooLarge(): EngineError {
  const message = `a few rows of the result are larger than ${answerMbMax} MB. Ask for less of them`
  return new EngineError('runtime', message)
}
