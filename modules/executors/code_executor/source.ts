/** Gets the code of a script from where it is. It reads what it is told to, once, up to a limit; it runs nothing. */
import { readFile } from 'node:fs/promises'
import { TaskFault } from '@nexus/sdk'
import type { CodePlace } from './script.ts'

const sourceBytesMax = 10_485_760

export async function loadCode(place: CodePlace, signal: AbortSignal): Promise<string> {
  if (place.kind === 'inline') return place.code
  try {
    const bytes =
      place.url.protocol === 'file:' ? await readFile(place.url) : await download(place.url, signal)
    if (bytes.length > sourceBytesMax) throw new Error(`it is larger than ${sourceBytesMax / 1_048_576} MB`)
    return bytes.toString('utf8')
  } catch (error) {
    signal.throwIfAborted()
    throw TaskFault.of('communication', `Cannot read the script at ${place.url.href}: ${reason(error)}.`, {
      cause: error,
    })
  }
}

async function download(url: URL, signal: AbortSignal): Promise<Buffer> {
  const response = await fetch(url, { signal })
  if (!response.ok) {
    await response.body?.cancel()
    throw new Error(`the server answered ${response.status}`)
  }
  const chunks: Uint8Array[] = []
  let sizeBytes = 0
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk)
    sizeBytes += chunk.length
    if (sizeBytes > sourceBytesMax) break
  }
  return Buffer.concat(chunks)
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message : error.message
}
