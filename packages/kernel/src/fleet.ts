/**
 * The slots of all generations that somebody still sees, each once, however many generations it stands in. A slot that
 * nobody sees any more is let go of: it finishes what it has under way, then it is torn down.
 */
import { hash } from 'node:crypto'
import type { JsonObject, Manifest } from '@nexus/sdk'
import type { StopReport } from './host.ts'
import type { Slot } from './slot.ts'

export interface Retired {
  readonly slot: Slot
  /** Undefined where it had no instance. */
  readonly report: StopReport | undefined
}

export interface FleetListener {
  started(slot: Slot): void
  /** Told only where it had an instance. */
  stopped(slot: Slot, report: StopReport): void
}

export class Fleet {
  readonly #slots = new Map<string, Slot>()
  readonly #started: Slot[] = []
  readonly #leaving = new Set<Slot>()
  readonly #tell: FleetListener

  constructor(tell: FleetListener = { started() {}, stopped() {} }) {
    this.#tell = tell
  }

  get(key: string): Slot | undefined {
    return this.#slots.get(key)
  }

  /** A slot keeps its state elsewhere from now on, and is found by that. */
  move(slot: Slot, line: number): void {
    slot.line.move(line)
    for (const [key, known] of this.#slots) if (known === slot) this.#slots.delete(key)
    this.#slots.set(slotKey(slot.manifest, slot.artifact.digest, slot.config, line), slot)
  }

  add(key: string, slot: Slot): void {
    this.#slots.set(key, slot)
  }

  started(slot: Slot): void {
    this.#unlist(slot)
    this.#started.push(slot)
    this.#tell.started(slot)
  }

  /** Stops the instance of a slot once its tasks are over; the next task starts it again. */
  async unload(slot: Slot): Promise<StopReport | undefined> {
    const leaving = slot.unload()
    this.#unlist(slot)
    const report = await leaving
    if (report !== undefined) this.#tell.stopped(slot, report)
    return report
  }

  get slots(): readonly Slot[] {
    return [...this.#slots.values()]
  }

  /** Lets go of every slot that is not needed; tells of each once it is gone. `needed` is asked again when one is idle. */
  retire(needed: () => ReadonlySet<Slot>, gone: (retired: Retired) => void): void {
    const stay = needed()
    for (const slot of this.#slots.values()) {
      if (stay.has(slot) || this.#leaving.has(slot)) continue
      this.#leaving.add(slot)
      void this.#letGo(slot, needed, gone)
    }
  }

  async #letGo(slot: Slot, needed: () => ReadonlySet<Slot>, gone: (retired: Retired) => void): Promise<void> {
    do await slot.idle()
    while (slot.inFlight > 0)
    this.#leaving.delete(slot)
    if (needed().has(slot)) return // a rollback wants it back
    this.#forget(slot)
    gone({ slot, report: await this.#stop(slot) })
  }

  /** Stops those that were never part of a generation, the last started first. */
  async discard(slots: readonly Slot[]): Promise<void> {
    for (const slot of slots.toReversed()) {
      this.#forget(slot)
      await this.#stop(slot)
    }
  }

  #forget(slot: Slot): void {
    for (const [key, known] of this.#slots) if (known === slot) this.#slots.delete(key)
    this.#unlist(slot)
  }

  #unlist(slot: Slot): void {
    const index = this.#started.indexOf(slot)
    if (index !== -1) this.#started.splice(index, 1)
  }

  async #stop(slot: Slot): Promise<StopReport | undefined> {
    const report = await slot.stop()
    if (report !== undefined) this.#tell.stopped(slot, report)
    return report
  }

  /** Stops everything, what was started last first. */
  async close(): Promise<void> {
    const idle = [...this.#slots.values()].filter((slot) => !this.#started.includes(slot))
    await Promise.all(idle.map((slot) => slot.stop()))
    for (let slot = this.#started.pop(); slot !== undefined; slot = this.#started.pop()) await slot.stop()
    this.#slots.clear()
  }
}

/** Two modules with the same key are the same module, and need no second slot. `line`: where it keeps its state. */
export function slotKey(manifest: Manifest, artifact: string, config: JsonObject, line = 0): string {
  return `${manifest.id}:${artifact}:${line}:${hash('sha256', JSON.stringify([manifest, config]))}`
}
