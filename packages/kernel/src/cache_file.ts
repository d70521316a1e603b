/**
 * A file that holds what could be worked out again. It carries a checksum and the format of its content, and one that is
 * missing, damaged or of another format counts as empty: a cache is never a reason to fail, nor to be wrong.
 */
import { statSync } from 'node:fs'
import { digestOf, readIfThere, writeDurably } from './artifact.ts'

export interface CacheFile<Entry> {
  readonly entries: Map<string, Entry>
  /** When it was written last, in milliseconds since the epoch by the file system's clock; 0 where it never was. */
  readonly writtenMs: number
  save(): void
}

/** `format` names everything that the entries' meaning depends on; entries of another format are dropped. */
export function openCacheFile<Entry>(path: string, format: string): CacheFile<Entry> {
  return {
    entries: new Map(readEntries<Entry>(path, format)),
    writtenMs: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0,
    save() {
      const body = JSON.stringify([...this.entries])
      writeDurably(path, `${digestOf(format + body)}\n${body}`)
    },
  }
}

function readEntries<Entry>(path: string, format: string): [string, Entry][] {
  const text = readIfThere(path) ?? ''
  const end = text.indexOf('\n')
  const body = text.slice(end + 1)
  return text.slice(0, end) === digestOf(format + body) ? (JSON.parse(body) as [string, Entry][]) : []
}
