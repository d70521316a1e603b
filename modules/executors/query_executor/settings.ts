/** The configuration of the module as limits. Defaults are the manifest's; those here are for a host that fills in none. */
import { isJsonObject, type JsonObject } from '@nexus/sdk'

export interface Settings {
  readonly connections: JsonObject
  /** What connections that a document brings itself may do. */
  readonly inline: 'none' | 'read' | 'write'
  /** Folders whose files a document may name. */
  readonly folders: readonly string[]
  readonly timeoutMs: number
  readonly rowsMax: number
  readonly resultBytesMax: number
  readonly blobBytesMax: number
  readonly pool: { readonly sizeMax: number; readonly idleMs: number; readonly waitMsMax: number }
  readonly duckdb: { readonly memoryMb: number; readonly threads: number; readonly diskMb: number }
}

const mb = 1_048_576

export function readSettings(config: JsonObject): Settings {
  const number = (key: string, usual: number): number => Number(config[key] ?? usual)
  const { connections, inline_connections: inline, files_allowed: folders } = config
  return {
    connections: isJsonObject(connections) ? connections : {},
    inline: inline === 'none' || inline === 'write' ? inline : 'read',
    folders: Array.isArray(folders) ? folders.map(String) : ['.'],
    timeoutMs: number('timeout_ms', 60_000),
    rowsMax: number('rows_max', 10_000),
    resultBytesMax: number('result_mb', 16) * mb,
    blobBytesMax: number('blob_mb', 1_024) * mb,
    pool: {
      sizeMax: number('pool_max', 4),
      idleMs: number('pool_idle_ms', 60_000),
      waitMsMax: number('pool_wait_ms', 10_000),
    },
    duckdb: {
      memoryMb: number('duckdb_memory_mb', 512),
      threads: number('duckdb_threads', 2),
      diskMb: number('duckdb_disk_mb', 1_024),
    },
  }
}
