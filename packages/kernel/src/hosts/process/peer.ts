/**
 * One end of a JSON-RPC 2.0 connection: sends requests and notifications, answers those of the other end, in lines over
 * two streams. Both the host and the Node child use it. It judges the form of messages, never what they are about; what
 * has no such form, or comes after the end, breaks the connection.
 */
import type { Readable, Writable } from 'node:stream'
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { LineReader } from './lines.ts'
import {
  messageBytesMax,
  thrownCode,
  unknownMethodCode,
  type WireError,
  type WireThrown,
} from './protocol.ts'

export interface PeerOptions {
  readonly input: Readable
  readonly output: Writable
  /** Answers a request: what it gives or throws is the answer. */
  readonly answer: (method: string, params: JsonObject, id: number) => Promise<Json>
  readonly hear: (method: string, params: JsonObject) => void
  /** Anything thrown, as it goes over the wire. */
  readonly encode: (thrown: unknown, method: string, params: JsonObject) => WireThrown
  /** The other end broke the protocol; nothing that it sends is read any more. */
  readonly broken: (why: string) => void
}

/** The other end answered with an error. */
export class RemoteError extends Error {
  override readonly name = 'RemoteError'
  /** A `WireThrown`, unless the other end made it up. */
  readonly thrown: JsonObject

  constructor(message: string, thrown: JsonObject) {
    super(message)
    this.thrown = thrown
  }
}

/** A message is longer than either end takes. */
export class MessageTooLong extends Error {
  override readonly name = 'MessageTooLong'
}

interface Pending {
  readonly resolve: (result: Json) => void
  readonly reject: (error: unknown) => void
}

export class Peer {
  readonly #options: PeerOptions
  readonly #pending = new Map<number, Pending>()
  #lastId = 0
  #closed: unknown
  /** Lines that go out together, once what is under way now has been done. */
  #outgoing = ''

  constructor(options: PeerOptions) {
    this.#options = options
    const lines = new LineReader(messageBytesMax, (line) => this.#read(line))
    options.input.on('data', (bytes: Buffer) => {
      if (this.#closed !== undefined) return
      try {
        lines.add(bytes)
      } catch (error) {
        this.#break(error instanceof Error ? error.message : String(error))
      }
    })
  }

  /** Requests that are not answered yet. */
  get pending(): number {
    return this.#pending.size
  }

  /** Asks; `answer` rejects with `RemoteError`, or with what `close` was given. */
  request(method: string, params: JsonObject): { id: number; answer: Promise<Json> } {
    const id = ++this.#lastId
    const answer = new Promise<Json>((resolve, reject) => {
      if (this.#closed !== undefined) return reject(this.#closed)
      this.#send({ jsonrpc: '2.0', id, method, params })
      this.#pending.set(id, { resolve, reject })
    })
    return { id, answer }
  }

  /** Goes out at once: what is told may be the last before a crash. */
  notify(method: string, params: JsonObject): void {
    if (this.#closed !== undefined) return
    this.#send({ jsonrpc: '2.0', method, params })
    this.#flush()
  }

  /** Everything that is not answered yet is rejected with `why`, and so is all that comes. */
  close(why: unknown): void {
    if (this.#closed !== undefined) return
    this.#closed = why
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const { reject } of pending) reject(why)
  }

  #send(message: object): void {
    const line = JSON.stringify(message)
    if (line.length > messageBytesMax / 3 && Buffer.byteLength(line) >= messageBytesMax) {
      throw new MessageTooLong(`more than ${messageBytesMax / 1_048_576} MB of JSON`)
    }
    if (this.#outgoing === '') process.nextTick(() => this.#flush())
    this.#outgoing += `${line}\n`
    if (this.#outgoing.length > outgoingMax) this.#flush()
  }

  #flush(): void {
    const lines = this.#outgoing
    if (lines === '') return
    this.#outgoing = ''
    this.#options.output.write(lines)
  }

  #break(why: string): void {
    if (this.#closed === undefined) this.#options.broken(why)
  }

  #read(line: string): void {
    if (this.#closed !== undefined) return
    const message = parse(line)
    if (message === undefined) return this.#break(`"${line.slice(0, shownMax)}", which is not JSON-RPC 2.0`)
    const { id, method, params } = message
    if (typeof method !== 'string') return this.#settle(message)
    if (id === undefined) return this.#options.hear(method, isJsonObject(params) ? params : {})
    if (typeof id !== 'number') return this.#break(`a request whose id is ${JSON.stringify(id)}`)
    void this.#answer(id, method, isJsonObject(params) ? params : {})
  }

  #settle({ id, result, error }: JsonObject): void {
    const pending = typeof id === 'number' ? this.#pending.get(id) : undefined
    if (pending === undefined)
      return this.#break(`an answer to nothing that was asked (id ${JSON.stringify(id)})`)
    this.#pending.delete(id as number)
    if (error === undefined) pending.resolve(result ?? null)
    else pending.reject(readError(error))
  }

  async #answer(id: number, method: string, params: JsonObject): Promise<void> {
    const { answer, encode } = this.#options
    try {
      const result = await answer(method, params, id)
      if (this.#closed === undefined) this.#send({ jsonrpc: '2.0', id, result: result ?? null })
    } catch (error) {
      if (this.#closed === undefined)
        this.#send({ jsonrpc: '2.0', id, error: asError(error, encode(error, method, params)) })
    }
  }
}

/** The method is not known; JSON-RPC has a code of its own for that. */
export class UnknownMethod extends Error {
  override readonly name = 'UnknownMethod'
}

const shownMax = 200
const outgoingMax = 65_536

function asError(error: unknown, data: WireThrown): WireError {
  const message = error instanceof Error ? error.message : String(error)
  return { code: error instanceof UnknownMethod ? unknownMethodCode : thrownCode, message, data }
}

function parse(line: string): JsonObject | undefined {
  try {
    const message: unknown = JSON.parse(line)
    return isJsonObject(message) && message['jsonrpc'] === '2.0' ? message : undefined
  } catch {
    return undefined
  }
}

/** An error that lacks its parts says so; it is an error all the same. */
function readError(error: Json): RemoteError {
  const { message, data } = isJsonObject(error) ? error : {}
  const said = typeof message === 'string' ? message : 'an error without a message'
  return new RemoteError(said, isJsonObject(data) ? data : {})
}
