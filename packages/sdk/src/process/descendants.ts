/**
 * Processes that left their group (`setsid`, daemons): they are known by a variable that every process inherits from the
 * one that started it. One that was given an environment of its own is not found; only a sandbox of the operating system
 * holds that. Linux alone shows the environment of a process; elsewhere this finds nothing.
 */
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'

const variable = 'NEXUS_PROCESS'
/** A process may start another while the first is being ended. */
const passesMax = 20

export interface Mark {
  readonly environment: Readonly<Record<string, string>>
  readonly value: string
}

export function marked(environment: Readonly<Record<string, string>>): Mark {
  const value = randomUUID()
  return { environment: { ...environment, [variable]: value }, value }
}

/** Kills whoever has the mark and began after the process with the id `leader`, until nobody has. */
export async function endMarked(mark: Mark | undefined, leader: number): Promise<void> {
  if (mark === undefined || process.platform !== 'linux') return
  for (let pass = 0; pass < passesMax; pass++) {
    const found = withMark(`${variable}=${mark.value}`, leader)
    if (found.length === 0) return
    for (const pid of found) kill(pid)
    await new Promise((resolve) => void setImmediate(resolve))
  }
}

function withMark(entry: string, leader: number): readonly number[] {
  const last = lastProcess()
  return readdirSync('/proc').flatMap((name) => {
    const pid = Number(name)
    if (!Number.isInteger(pid) || !isYounger(pid, leader, last)) return []
    return environmentOf(pid).split('\0').includes(entry) ? [pid] : []
  })
}

/** Ids are given in order, and from the first again after the largest. Saves looking at all of a busy machine. */
function isYounger(pid: number, leader: number, last: number): boolean {
  return last >= leader ? pid > leader && pid <= last : pid > leader || pid <= last
}

/** The id that was given last; larger than all where the system does not say. */
function lastProcess(): number {
  const [last] = /\d+$/.exec(readFileSync('/proc/loadavg', 'latin1').trim()) ?? []
  return last === undefined ? Number.MAX_SAFE_INTEGER : Number(last)
}

/** Empty for one that is gone, dead but not collected, or not ours to look at. */
function environmentOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1')
  } catch {
    return ''
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself meanwhile.
  }
}
