/**
 * Pins: what once came over HTTP stays as it came, until somebody asks for it anew. So a run of today and one of next
 * year use the same function, and neither needs the network. Files are not pinned: they are read anew each time.
 * A pin belongs to its address alone, whoever asked with whatever credentials.
 */
import { createHash } from 'node:crypto'

export interface Pin {
  /** The sha-256 of the text, in hex. */
  readonly digest: string
  readonly text: string
}

export interface PinnedResource {
  readonly uri: string
  readonly digest: string
}

export interface PinStore {
  /** The copy that is kept; undefined where there is none. Rejects with `NexusError` `resource_damaged`. */
  get(uri: string): Promise<Pin | undefined>
  /** Keeps a copy, in place of an older one; on disk when the promise resolves. */
  put(uri: string, pin: Pin): Promise<void>
  /** By address. */
  list(): Promise<readonly PinnedResource[]>
  /** Gives whether there was one. The next time it is asked for, it is fetched. */
  remove(uri: string): Promise<boolean>
}

export function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
