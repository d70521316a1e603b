/**
 * The event bus of a data directory: the CloudEvents that were accepted, on disk, numbered in one line with the log.
 * It wakes those who wait once an event is on disk; which events they want, it does not know.
 */
import type { Clock } from '@nexus/sdk'
import type { CloudEvent } from '../../cloud_event.ts'
import type { Blobs } from './blobs.ts'
import type { Journal } from './journal.ts'
import type { Row, Statements } from './statements.ts'

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
  readonly #statements: Statements
  readonly #journal: Journal
  readonly #blobs: Blobs
  readonly #clock: Clock
  readonly #waiting = new Set<() => void>()

  constructor(parts: { statements: Statements; journal: Journal; blobs: Blobs; clock: Clock }) {
    this.#statements = parts.statements
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
      this.#statements.run(sql, seq, target, event.source, event.id, at, body)
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
    this.#statements.run('UPDATE accepted SET taken = 1 WHERE seq = ?', seq)
  }

  /** The highest number that an accepted event has. */
  last(): number {
    return Number(this.#statements.all('SELECT max(seq) AS last FROM accepted')[0]?.['last'] ?? 0)
  }

  /** Calls `listener` after every commit of an event. Gives the way to stop. */
  onAccepted(listener: () => void): () => void {
    this.#waiting.add(listener)
    return () => this.#waiting.delete(listener)
  }

  #wake(): void {
    for (const listener of this.#waiting) listener()
  }

  #page(general: number, targeted: number, run: number): Row[] {
    const part = `SELECT * FROM (SELECT seq, target, body FROM accepted
      WHERE target = ? AND taken = 0 AND seq > ? ORDER BY seq LIMIT ${pageMax})`
    const sql = `${part} UNION ALL ${part} ORDER BY seq LIMIT ${pageMax}`
    return this.#statements.all(sql, everybody, general, run, targeted)
  }

  #encode(event: CloudEvent): string {
    const text = JSON.stringify({ event })
    if (text.length <= inlineSizeMax || event['data'] === undefined) return text
    const { data, ...attributes } = event
    return JSON.stringify({ event: attributes, data: this.#blobs.put(JSON.stringify(data)) })
  }

  #decode(row: Row): Accepted {
    const { event, data } = JSON.parse(String(row['body'])) as { event: CloudEvent; data?: string }
    const whole = data === undefined ? event : { ...event, data: JSON.parse(this.#blobs.get(data)) as never }
    return { seq: Number(row['seq']), event: whole, targeted: row['target'] !== everybody }
  }
}
