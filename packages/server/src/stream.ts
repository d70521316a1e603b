/**
 * Lifecycle events as server-sent events. A reader who does not read is not waited for in memory: the library cuts it
 * off, and it comes back with the last id that it has.
 */
import { encodeEvent, eventStreamMediaType, keepAliveComment, stoppingEvent } from '@nexus/api'
import type { LifecycleEvent } from '@nexus/nexus'
import { NexusError, type Clock } from '@nexus/sdk'
import type { FastifyReply } from 'fastify'
import { Readable } from 'node:stream'
import type { Limits } from './limits.ts'

/** After so long a browser asks again for what broke off. */
const retryMs = 2_000

/** Sends streams, and counts them. */
export class Streams {
  readonly #clock: Clock
  readonly #limits: Limits
  readonly #stopping: AbortSignal
  #open = 0

  /** `stopping` aborts when the server stops; readers are told. */
  constructor(clock: Clock, limits: Limits, stopping: AbortSignal) {
    this.#clock = clock
    this.#limits = limits
    this.#stopping = stopping
  }

  /** Rejects with `NexusError` `too_many_streams`. The answer ends with the events. */
  async send(reply: FastifyReply, events: AsyncIterable<LifecycleEvent>): Promise<FastifyReply> {
    const { streamsMax, keepAliveMs } = this.#limits
    if (this.#open >= streamsMax) {
      throw new NexusError('too_many_streams', `${streamsMax} streams are open already. Try again later.`)
    }
    this.#open++
    reply.raw.once('close', () => this.#open--)
    const lines = Readable.from(this.#linesOf(events, keepAliveMs), { objectMode: false })
    void reply.code(200).type(eventStreamMediaType).header('x-accel-buffering', 'no')
    return reply.send(lines)
  }

  async *#linesOf(events: AsyncIterable<LifecycleEvent>, keepAliveMs: number): AsyncGenerator<string> {
    yield* linesOf(events, this.#clock, keepAliveMs)
    if (this.#stopping.aborted) yield stoppingEvent
  }
}

async function* linesOf(
  events: AsyncIterable<LifecycleEvent>,
  clock: Clock,
  keepAliveMs: number,
): AsyncGenerator<string> {
  const reading = events[Symbol.asyncIterator]()
  let next = reading.next() // whoever has the answer misses nothing from then on
  next.catch(() => {}) // told below
  try {
    yield `retry: ${retryMs}\n\n`
    for (;;) {
      const came = await within(next, clock, keepAliveMs)
      if (came === undefined) {
        yield keepAliveComment
        continue
      }
      if (came.done === true) return
      yield encodeEvent({ id: came.value.id, data: JSON.stringify(came.value) })
      next = reading.next()
    }
  } finally {
    await reading.return?.()
  }
}

/** Undefined where it takes longer. */
async function within<Value>(
  value: Promise<Value>,
  clock: Clock,
  delayMs: number,
): Promise<Value | undefined> {
  const late = Promise.withResolvers<undefined>()
  const stop = clock.timer(delayMs, () => late.resolve(undefined))
  try {
    return await Promise.race([value, late.promise])
  } finally {
    stop()
  }
}
