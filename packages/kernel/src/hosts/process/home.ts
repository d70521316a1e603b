/**
 * The host's own folder: the code that Node processes run, and the temporary folders of all processes. What a host that
 * was killed left in it is cleared away by the next one.
 */
import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Home {
  readonly folder: string
  /** A new folder for one process. */
  makeTemporary(): string
  /** Removes what nobody needs any more. */
  close(): void
}

/** `folder`: where to be; without it in a temporary folder, which goes when the home is closed. */
export function openHome(folder: string | undefined): Home {
  const wanted =
    folder === undefined ? mkdtempSync(join(tmpdir(), 'nexus-process-host-')) : join(folder, 'process_host')
  const place = join(wanted, 'temporary')
  mkdirSync(place, { recursive: true })
  const home = realpathSync(wanted)
  const temporary = join(home, 'temporary')
  clearLeftovers(temporary)
  return {
    folder: home,
    makeTemporary: () => mkdtempSync(join(temporary, `${process.pid}-`)),
    close() {
      if (folder === undefined) rmSync(home, { recursive: true, force: true })
    },
  }
}

/** Folders are named after the process that made them; other hosts may be at work beside this one. */
function clearLeftovers(temporary: string): void {
  for (const name of readdirSync(temporary)) {
    if (isAlive(Number.parseInt(name, 10))) continue
    rmSync(join(temporary, name), { recursive: true, force: true })
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM'
  }
}
