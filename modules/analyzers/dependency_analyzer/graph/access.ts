/**
 * Who read and wrote what last, in the order of the tasks: a read comes after the write before it, and a write after
 * the reads and the write before it. There can be accesses of everything at once, as a whole `$context` is.
 */

export type Tie = (from: number, to: number, why: 'read' | 'write' | 'overwrite', key: string) => void

interface Place {
  writer: number
  readers: Set<number>
}

export class Accesses {
  private readonly places = new Map<string, Place>()
  private readonly whole: Place = { writer: -1, readers: new Set() }
  private readonly tie: Tie

  constructor(tie: Tie) {
    this.tie = (from, to, why, key) => {
      if (from >= 0 && from !== to) tie(from, to, why, key)
    }
  }

  read(key: string, node: number): void {
    const place = this.place(key)
    this.tie(place.writer, node, 'read', key)
    place.readers.add(node)
  }

  write(key: string, node: number): void {
    const place = this.place(key)
    this.tie(place.writer, node, 'write', key)
    for (const reader of place.readers) this.tie(reader, node, 'overwrite', key)
    for (const reader of this.whole.readers) this.tie(reader, node, 'overwrite', key)
    place.writer = node
    place.readers.clear()
  }

  readAll(node: number): void {
    this.tie(this.whole.writer, node, 'read', '*')
    for (const [key, { writer }] of this.places) this.tie(writer, node, 'read', key)
    this.whole.readers.add(node)
  }

  writeAll(node: number): void {
    this.tie(this.whole.writer, node, 'write', '*')
    for (const reader of this.whole.readers) this.tie(reader, node, 'overwrite', '*')
    for (const [key, { writer, readers }] of this.places) {
      this.tie(writer, node, 'write', key)
      for (const reader of readers) this.tie(reader, node, 'overwrite', key)
    }
    this.places.clear()
    this.whole.writer = node
    this.whole.readers.clear()
  }

  /** What nobody has touched was written by whoever wrote everything. */
  private place(key: string): Place {
    const known = this.places.get(key)
    if (known) return known
    const place = { writer: this.whole.writer, readers: new Set<number>() }
    this.places.set(key, place)
    return place
  }
}
