/**
 * The runs of a data directory, to read them: also while another process holds it.
 */
import { projectRun, readEmbedded } from '@nexus/engine'
import type { BackendReader, BlobStore, RunQuery, RunRecord, RunSummary } from '@nexus/engine'
import { systemClock } from '@nexus/sdk'

export type BlobReader = Pick<BlobStore, 'find' | 'read'>

export interface RunReader {
  /** Newest first. */
  list(query?: RunQuery): Promise<readonly RunSummary[]>
  /** Rejects with `NexusError` `run_not_found` or `payload_unreadable`. */
  get(id: string): Promise<RunRecord>
  readonly blobs: BlobReader
  close(): Promise<void>
}

/** Reads the runs of a data directory, also while another process holds it. Undefined where there are none yet. */
export function readRuns(data: string): RunReader | undefined {
  const reader = readEmbedded({ folder: data, clock: systemClock })
  if (!reader) return undefined
  return {
    list: (query) => reader.list(query),
    get: (id) => recordOf(reader, id),
    blobs: reader.blobs,
    close: () => reader.close(),
  }
}

export async function recordOf(reader: BackendReader, id: string): Promise<RunRecord> {
  return projectRun(await reader.get(id), await reader.events(id))
}
