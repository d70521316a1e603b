/**
 * Bounds what a broker sends between two messages. The libraries put a message together before they hand it on, however
 * large the broker says that it will be: where it never ends, memory would.
 */
import type { Readable } from 'node:stream'
import { TaskFault } from '@nexus/sdk'
import { serverName, type Connecting } from '../connector.ts'

/** What comes with a message besides its content. */
const overheadBytes = 65_536

/** Hands `tooMuch` the fault, once; what comes back is to be called with every message. */
export function boundBetweenMessages(
  bytes: Readable,
  { target, options: { responseBytesMax } }: Connecting,
  tooMuch: (fault: TaskFault) => void,
): () => void {
  let sizeBytes = 0
  const count = (chunk: Uint8Array): void => {
    sizeBytes += chunk.length
    if (sizeBytes <= responseBytesMax + overheadBytes) return
    bytes.off('data', count)
    const size = `${responseBytesMax / 1_048_576} MB`
    tooMuch(
      TaskFault.of(
        'runtime',
        `${serverName(target)} sends a message of more than ${size}. Ask for less, or raise max_response_mb.`,
      ),
    )
  }
  bytes.on('data', count)
  return () => void (sizeBytes = 0)
}
