/**
 * The connection to the host as a module's contexts use it: nothing that is not JSON is sent, and what the host throws is
 * thrown here, with its reference kept, so that it can go back as the same.
 */
import { TaskFault, whyNotJson, type Json, type JsonObject } from '@nexus/sdk'
import { RemoteError, type Peer } from '../peer.ts'
import { decodeThrown } from '../thrown.ts'

export class Connection {
  readonly #peer: Peer
  readonly #refs = new WeakMap<object, number>()

  constructor(peer: Peer) {
    this.#peer = peer
  }

  notify(method: string, params: JsonObject): void {
    this.#peer.notify(method, params)
  }

  async ask(method: string, params: JsonObject): Promise<Json> {
    return this.askNumbered(method, params).answer
  }

  /** With the request's id, by which it can be aborted. */
  askNumbered(method: string, params: JsonObject): { id: number; answer: Promise<Json> } {
    const { id, answer } = this.#peer.request(method, params)
    const answered = answer.catch((error: unknown) => {
      throw error instanceof RemoteError ? this.receive(error.thrown, error) : error
    })
    return { id, answer: answered }
  }

  /** What the host threw, as one that `refOf` knows. */
  receive(thrown: JsonObject, error = new RemoteError('', thrown)): unknown {
    const { kind, ref } = thrown
    if (kind === 'aborted') return error
    const decoded = decodeThrown(error)
    if (typeof ref === 'number' && typeof decoded === 'object' && decoded !== null)
      this.#refs.set(decoded, ref)
    return decoded
  }

  refOf(thrown: unknown): number | undefined {
    return typeof thrown === 'object' && thrown !== null ? this.#refs.get(thrown) : undefined
  }
}

/** The value, once it is known to be JSON; `what` says whose it is. */
export function crossing<Value>(value: Value, what: string): Value {
  const why = whyNotJson(value)
  if (why !== undefined) throw TaskFault.of('runtime', `${what} what is not JSON, at ${why}.`)
  return value
}
