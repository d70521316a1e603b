/**
 * One request and its answer, over a connection of the pool: bounded in headers, size, proportion and pace. A plain small
 * answer is collected as it comes, since most are; everything else is a stream. It judges no status.
 */
import { Readable } from 'node:stream'
import type { Dispatcher } from 'undici'
import { TaskFault, type Blobs, type Clock } from '@nexus/sdk'
import { hostAndPort } from '../address.ts'
import type { HttpRequest } from '../request.ts'
import type { Answer } from '../send.ts'
import type { Deadline } from './deadline.ts'
import { headersOf, joined, sizeOf, type RawHeaders } from './headers.ts'
import { BadlyPacked, encodingsOf, inflate, OutOfProportion, type Encoding } from './inflate.ts'
import { Pace } from './pace.ts'
import type { Pool } from './pool.ts'
import { receive, type Overflow } from './receive.ts'
import type { TransportSettings } from './settings.ts'

export interface ExchangeOptions {
  readonly settings: TransportSettings
  readonly clock: Clock
  /** Ends it; the exchange then rejects with its reason. */
  readonly deadline: Deadline
  readonly responseBytesMax: number
  /** What to do when an answer is larger. */
  readonly largerHint: string
  readonly overflow: Overflow | undefined
  /** For bodies that are in it. */
  readonly blobs: Blobs | undefined
}

/** Rejects with a `TaskFault`, the deadline's reason, or the error of the client as it is. */
export function exchange(pool: Pool, request: HttpRequest, options: ExchangeOptions): Promise<Answer> {
  const { reason } = options.deadline
  if (reason) return Promise.reject(reason)
  return new Promise((resolve, reject) => {
    const handler = new Exchange(request, options, { resolve, reject })
    const { method, url, body } = request
    try {
      pool.dispatch(
        {
          origin: url.origin,
          path: url.pathname + url.search,
          method,
          headers: headersOf(request),
          body: typeof body === 'string' ? body : (openBody(body, options) ?? null),
        },
        handler,
      )
    } catch (error) {
      handler.fail(error)
    }
  })
}

function openBody(body: HttpRequest['body'], { blobs }: ExchangeOptions): Readable | undefined {
  if (body === undefined || typeof body === 'string') return undefined
  if (blobs) return body.open(blobs)
  throw TaskFault.of('configuration', 'There is a blob in the body, and this host has no blob store.')
}

interface Settle {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: unknown) => void
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: HttpRequest
  readonly #options: ExchangeOptions
  readonly #settle: Settle
  readonly #pace: Pace
  #unwatch = (): void => undefined
  #controller: Dispatcher.DispatchController | undefined
  #isSettled = false
  #head: Omit<Answer, 'body' | 'blob'> | undefined
  #kept: Buffer[] = []
  #bytes = 0
  /** Of what is packed: what unpacks to nothing would go on for ever. */
  #packedBytesMax = Number.POSITIVE_INFINITY
  #stream: Readable | undefined

  constructor(request: HttpRequest, options: ExchangeOptions, settle: Settle) {
    this.#request = request
    this.#options = options
    this.#settle = settle
    this.#pace = new Pace(options.settings, options.clock)
    this.#unwatch = options.deadline.watch((reason) => this.fail(reason))
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#isSettled) controller.abort(gone)
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: RawHeaders,
    statusText = '',
  ): void {
    if (status < 200 || this.#isSettled) return
    const { url, method } = this.#request
    this.#head = { url, status, statusText, headers: joined(headers) }
    if (sizeOf(this.#head.headers) > this.#options.settings.headerBytesMax) return this.fail(tooManyHeaders)
    this.#pace.restart()
    if (method === 'HEAD' || status === 204 || status === 304) return
    const encodings = encodingsOf(this.#head.headers['content-encoding'])
    if (encodings === 'too many') this.fail(this.#fault('packs its answer too many times.'))
    else if (encodings.length > 0) this.#flow(encodings)
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#isSettled) return
    this.#bytes += chunk.length
    if (this.#pace.isTooSlow(chunk.length)) return this.fail(this.#tooSlow())
    if (this.#bytes > this.#packedBytesMax) return this.fail(this.#tooLarge())
    if (this.#stream) return this.#push(chunk)
    this.#kept.push(chunk)
    if (this.#bytes <= this.#options.responseBytesMax) return
    if (this.#overflow() === undefined) return this.fail(this.#tooLarge())
    this.#flow([])
    for (const kept of this.#kept.splice(0)) this.#push(kept)
  }

  onResponseEnd(): void {
    if (this.#stream) this.#stream.push(null)
    else if (this.#head) this.#succeedSoon({ ...this.#head, body: concat(this.#kept) })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#isSettled) return
    // Whoever reads it then fails with the same error.
    if (this.#stream) this.#stream.destroy(error)
    else this.fail(error)
  }

  fail(error: unknown): void {
    if (this.#isSettled) return
    this.#end()
    this.#settle.reject(error)
    this.#controller?.abort(error instanceof Error ? error : gone)
    this.#stream?.destroy()
  }

  /**
   * The client lets a connection rest for one turn of the loop. Whoever hears of the answer after that finds it free for
   * the next request, which costs a fifth less than waiting in the client's line, or another connection.
   */
  #succeedSoon(answer: Answer): void {
    queueMicrotask(() => setImmediate(() => this.#succeed(answer)))
  }

  #succeed(answer: Answer): void {
    if (this.#isSettled) return
    this.#end()
    this.#settle.resolve(answer)
  }

  #end(): void {
    this.#isSettled = true
    this.#unwatch()
  }

  /** From here on the body is a stream, which the service is made to wait for. */
  #flow(encodings: readonly Encoding[]): void {
    const source = new Readable({
      read: () => {
        if (this.#controller?.paused !== true) return
        this.#pace.restart()
        this.#controller.resume()
      },
    })
    source.on('error', () => undefined)
    this.#stream = source
    const { responseBytesMax } = this.#options
    if (encodings.length > 0)
      this.#packedBytesMax = Math.max(responseBytesMax, this.#overflow()?.bytesMax ?? 0)
    void this.#read(source, encodings)
  }

  #push(chunk: Buffer): void {
    if (this.#stream?.push(chunk) === false) this.#controller?.pause()
  }

  async #read(source: Readable, encodings: readonly Encoding[]): Promise<void> {
    const { settings, responseBytesMax } = this.#options
    const limits = { ratioMax: settings.ratioMax, packedBytes: () => this.#bytes }
    const head = this.#head
    try {
      const received = await receive(inflate(source, encodings, limits), {
        bytesMax: responseBytesMax,
        overflow: this.#overflow(),
        mediaType: head?.headers['content-type'] ?? 'application/octet-stream',
        tooLarge: () => this.#tooLarge(),
      })
      if (head) this.#succeed({ body: nothing, ...head, ...received })
    } catch (error) {
      this.fail(this.#readError(error))
    } finally {
      source.destroy()
    }
  }

  #readError(error: unknown): unknown {
    if (error instanceof OutOfProportion) {
      const { ratioMax } = this.#options.settings
      return this.#fault(
        `answers with what unpacks to more than ${ratioMax} times its size (max_decompression_ratio).`,
      )
    }
    if (!(error instanceof BadlyPacked)) return error
    return this.#fault(`does not answer in the content-encoding that it names (${error.message}).`)
  }

  /** Only what a task can use is worth keeping. */
  #overflow(): Overflow | undefined {
    const status = this.#head?.status ?? 0
    return status >= 200 && status < 300 ? this.#options.overflow : undefined
  }

  #tooLarge(): TaskFault {
    const { responseBytesMax, largerHint } = this.#options
    const size = `${responseBytesMax / 1_048_576} MB`
    return TaskFault.of(
      'communication',
      `${this.#request.url.host} answers with more than ${size}. ${largerHint}`,
    )
  }

  #tooSlow(): TaskFault {
    const { slowBytesPerSecond, slowWindowMs } = this.#options.settings
    const pace = `fewer than ${slowBytesPerSecond} bytes a second for ${slowWindowMs} ms`
    return this.#fault(`sends ${pace} (slow_bytes_per_second, slow_window_ms).`)
  }

  #fault(what: string): TaskFault {
    return TaskFault.of('communication', `${hostAndPort(this.#request.url)} ${what}`)
  }
}

const nothing = Buffer.alloc(0)
/** What a connection hears whose request nobody waits for any more. */
const gone = new Error('Nobody waits for this request any more.')
const tooManyHeaders = Object.assign(new Error('Too many headers.'), { code: 'UND_ERR_HEADERS_OVERFLOW' })

function concat(chunks: readonly Buffer[]): Buffer {
  const [only = nothing] = chunks
  return chunks.length < 2 ? only : Buffer.concat(chunks)
}
