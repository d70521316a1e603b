/**
 * How much memory a process takes with everything that it started, as far as the system tells (Linux). Elsewhere only
 * the limits hold that the process itself keeps.
 */
import { readFile } from 'node:fs/promises'
import type { Clock } from '@nexus/sdk'

const watchEveryMs = 500
/** Deeper trees of processes are not followed. */
const depthMax = 5

/** Bytes in memory, or undefined where the system does not say. */
export async function residentBytes(pid: number, depth = 0): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'latin1')
    const own = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1_024
    const children = depth < depthMax ? await childrenOf(pid) : []
    const theirs = await Promise.all(children.map((child) => residentBytes(child, depth + 1)))
    return theirs.reduce<number>((sum, bytes) => sum + (bytes ?? 0), own)
  } catch {
    return undefined
  }
}

async function childrenOf(pid: number): Promise<number[]> {
  try {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'latin1')
    return text.trim() === '' ? [] : text.trim().split(' ').map(Number)
  } catch {
    return []
  }
}

/** Calls `exceeded` once the process takes more than `bytesMax`; the function that comes back stops looking. */
export function watchMemory(
  { pid, bytesMax, clock }: { pid: number; bytesMax: number; clock: Clock },
  exceeded: (bytes: number) => void,
): () => void {
  let stopTimer: (() => void) | undefined
  let stopped = false
  const look = async (): Promise<void> => {
    const bytes = await residentBytes(pid)
    if (stopped || bytes === undefined) return
    if (bytes > bytesMax) exceeded(bytes)
    else arm()
  }
  const arm = (): void => void (stopTimer = clock.timer(watchEveryMs, () => void look()))
  arm()
  return () => {
    stopped = true
    stopTimer?.()
  }
}
