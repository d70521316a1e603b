/**
 * The event bus of a data directory: the CloudEvents that were accepted, on disk, numbered in one line with the log.
 * It wakes those who wait once an event is on disk; which events they want, it does not know.
 */
import type { Clock } from '@nexus/sdk'
import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite'
import type { CloudEvent } from '../../cloud_event.ts'
import type { Blobs } from './blobs.ts'
import type { Journal } from './journal.ts'

export interface Accepted {
  readonly seq: number
  readonly event: CloudEvent
  /** Kept for one run, and not yet consumed by it. */
  readonly targeted: boolean
}

/** Up to where somebody has looked: among the events for everybody, and among those kept for its run. */
export interface Place {
  readonly general: number
  readonly targeted: number
}

/** Events read at once. */
const pageMax = 64
/** An event whose text is longer (in UTF-16 units) has its data in a blob. */
const inlineSizeMax = 64 * 1024
/** The target of an event that is for every run; runs are numbered from 1. */
const everybody = 0

export class Inbox {
  readonly #database: DatabaseSync
  readonly #journal: Journal
  readonly #blobs: Blobs
  readonly #clock: Clock
  readonly #prepared = new Map<string, StatementSync>()
  readonly #waiting = new Set<() => void>()

  constructor(parts: { database: DatabaseSync; journal: Journal; blobs: Blobs; clock: Clock }) {
    this.#database = parts.database
    this.#journal = parts.journal
    this.#blobs = parts.blobs
    this.#clock = parts.clock
  }

  /** On disk when it resolves. One that is there already is left as it is. */
  async publish(event: CloudEvent, target = everybody): Promise<void> {
    const body = this.#encode(event)
    const seq = this.#journal.nextSeq()
    const at = this.#clock.now()
    const sql = 'INSERT OR IGNORE INTO accepted (seq, target, source, id, at, body) VALUES (?, ?, ?, ?, ?, ?)'
    const write = (): void => {
      this.#statement(sql).run(seq, target, event.source, event.id, at, body)
    }
    this.#journal.append({ superseded: false, written: false, write, committed: () => this.#wake() })
    await this.#journal.flush()
  }

  /** The events behind a place, in order: those for everybody, and those kept for the run that it has not consumed. */
  *after(place: Place, run: number): Generator<Accepted> {
    let { general, targeted } = place
    for (;;) {
      const page = this.#page(general, targeted, run)
      yield* page.map((row) => this.#decode(row))
      if (page.length < pageMax) return
      const last = Number(page.at(-1)?.['seq'])
      general = Math.max(general, last)
      targeted = Math.max(targeted, last)
    }
  }

  /** Marks a targeted event as consumed by its run, in the transaction of the journal that is being written. */
  take(seq: number): void {
    this.#statement('UPDATE accepted SET taken = 1 WHERE seq = ?').run(seq)
  }

  /** Calls `listener` after every commit of an event. Gives the way to stop. */
  onAccepted(listener: () => void): () => void {
    this.#waiting.add(listener)
    return () => this.#waiting.delete(listener)
  }

  #wake(): void {
    for (const listener of this.#waiting) listener()
  }

  #page(general: number, targeted: number, run: number): Record<string, SQLOutputValue>[] {
    const part = `SELECT * FROM (SELECT seq, target, body FROM accepted
      WHERE target = ? AND taken = 0 AND seq > ? ORDER BY seq LIMIT ${pageMax})`
    const sql = `${part} UNION ALL ${part} ORDER BY seq LIMIT ${pageMax}`
    return this.#statement(sql).all(everybody, general, run, targeted)
  }

  #encode(event: CloudEvent): string {
    const text = JSON.stringify({ event })
    if (text.length <= inlineSizeMax || event['data'] === undefined) return text
    const { data, ...attributes } = event
    return JSON.stringify({ event: attributes, data: this.#blobs.put(JSON.stringify(data)) })
  }

  #decode(row: Record<string, SQLOutputValue>): Accepted {
    const { event, data } = JSON.parse(String(row['body'])) as { event: CloudEvent; data?: string }
    const whole = data === undefined ? event : { ...event, data: JSON.parse(this.#blobs.get(data)) as never }
    return { seq: Number(row['seq']), event: whole, targeted: row['target'] !== everybody }
  }

  #statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql)
    if (!statement) this.#prepared.set(sql, (statement = this.#database.prepare(sql)))
    return statement
  }
}

/** The highest number that an accepted event has. */
export function lastAccepted(database: DatabaseSync): number {
  return Number(database.prepare('SELECT max(seq) AS seq FROM accepted').get()?.['seq'] ?? 0)
}
