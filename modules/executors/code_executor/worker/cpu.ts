/**
 * How much processor time a script has used, and how many threads, as Linux tells of its worker's processes, from outside: what
 * a script does cannot change it, and what it has done is known to about a hundredth of a second. Elsewhere nothing is
 * known; whoever promises a limit asks `canMeterCpu` first.
 */
import { existsSync, readFileSync } from 'node:fs'
import type { Clock } from '@nexus/sdk'

/** Of a clock tick, as every Linux reports to its programs. */
const tickMs = 10
const lookMsMin = 10
const lookMsMax = 500
/** A worker under bubblewrap is its third process; more are not looked for. */
const depthMax = 4

export function canMeterCpu(): boolean {
  return process.platform === 'linux' && existsSync(`/proc/self/task/${process.pid}/children`)
}

/** Calls `onOver` once the processes below `pid` have used more than `cpuMs` from now on. Gives what calls it off. */
export function meterCpu(pid: number, cpuMs: number, clock: Clock, onOver: () => void): () => void {
  const startedMs = cpuMsOf(pid)
  let stopTimer = (): void => undefined
  const look = (): void => {
    const leftMs = cpuMs - (cpuMsOf(pid) - startedMs)
    if (leftMs <= 0) return onOver()
    stopTimer = clock.timer(Math.min(Math.max(leftMs / 4, lookMsMin), lookMsMax), look)
  }
  look()
  return () => stopTimer()
}

const threadsMax = 128
/** Of a worker and of bubblewrap around it. */
const ownThreads = 4
const countMs = 100

/** Calls `onOver` once the processes below `pid` have more threads than a script may start. Gives what calls it off. */
export function countThreads(pid: number, clock: Clock, onOver: () => void): () => void {
  let stopTimer = (): void => undefined
  const look = (): void => {
    if (threadsOf(pid) > threadsMax + ownThreads) return onOver()
    stopTimer = clock.timer(countMs, look)
  }
  stopTimer = clock.timer(countMs, look)
  return () => stopTimer()
}

function threadsOf(pid: number, depth = 0): number {
  const own = Number(/^Threads:\s+(\d+)/m.exec(readIfThere(`/proc/${pid}/status`))?.[1] ?? 0)
  if (depth === depthMax) return own
  return childrenOf(pid).reduce((sum, child) => sum + threadsOf(child, depth + 1), own)
}

/** Of a process and those that it started; 0 of one that is gone. */
function cpuMsOf(pid: number, depth = 0): number {
  const own = ticksOf(pid) * tickMs
  if (depth === depthMax) return own
  return childrenOf(pid).reduce((sum, child) => sum + cpuMsOf(child, depth + 1), own)
}

/** In user mode and in the system's; the name of the program before them may hold spaces. */
function ticksOf(pid: number): number {
  const [, user = 0, system = 0] =
    /^.*\) \S(?: \S+){10} (\d+) (\d+)/s.exec(readIfThere(`/proc/${pid}/stat`))?.map(Number) ?? []
  return user + system
}

function childrenOf(pid: number): number[] {
  const text = readIfThere(`/proc/${pid}/task/${pid}/children`).trim()
  return text === '' ? [] : text.split(' ').map(Number)
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
