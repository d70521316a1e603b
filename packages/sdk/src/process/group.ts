/**
 * A process group: one program and whatever it starts, which live and end together.
 * On Windows, which has no groups, `taskkill /T` walks the tree. A program that starts a session of its own escapes a
 * group; only a sandbox of the operating system holds that.
 */
import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process'
import type { Clock } from '../clock.ts'
import { TaskFault } from '../errors.ts'
import type { ProcessOptions } from '../process.ts'

/** How long a killed group is waited for. One that is still there is dead, but its parent does not collect it. */
const groupGoneMsMax = 100
const groupGoneCheckMs = 5

export interface Group {
  readonly id: number
  readonly child: ChildProcess
  readonly timeoutMs: number
  readonly exited: Promise<void>
  exit(): { code: number | null; signal: NodeJS.Signals | null }
  kill(signal: 'SIGTERM' | 'SIGKILL'): void
  isAlive(): boolean
}

/** Resolves when the program has started, rejects with the system's error when it cannot. */
export async function startGroup(options: ProcessOptions, stdio: StdioOptions): Promise<Group> {
  const child = start(options, stdio)
  const exited = new Promise<void>((resolve) => void child.once('exit', () => resolve()))
  await new Promise((resolve, reject) => void child.once('spawn', resolve).once('error', reject))
  const id = child.pid ?? 0
  return {
    id,
    child,
    timeoutMs: options.timeoutMs,
    exited,
    exit: () => ({ code: child.exitCode, signal: child.signalCode }),
    kill: (signal) => killGroup(id, signal),
    isAlive: () => isGroupAlive(id),
  }
}

function start(options: ProcessOptions, stdio: StdioOptions): ChildProcess {
  try {
    return spawn(options.program, options.arguments, {
      ...(options.calledAs !== undefined && { argv0: options.calledAs }),
      cwd: options.folder,
      env: options.environment,
      stdio,
      detached: process.platform !== 'win32',
      windowsHide: true,
    })
  } catch (error) {
    if (!hasCode(error, 'E2BIG')) throw error
    const detail =
      'The arguments and the environment are larger than the system takes. Pass large data as stdin.'
    throw TaskFault.of('validation', detail, { cause: error })
  }
}

/** Ends whatever the leader left behind, and waits until it is gone. */
export async function endGroup(group: Group, clock: Clock): Promise<void> {
  group.kill('SIGKILL')
  for (let waitedMs = 0; waitedMs < groupGoneMsMax && group.isAlive(); waitedMs += groupGoneCheckMs) {
    await clock.sleep(groupGoneCheckMs)
  }
}

function killGroup(id: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (process.platform === 'win32') {
    spawnSync('taskkill', ['/pid', String(id), '/T', '/F'], { stdio: 'ignore', windowsHide: true })
    return
  }
  try {
    process.kill(-id, signal)
  } catch (error) {
    // ESRCH: none of the group is left. EPERM (macOS): only members that are already dying are.
    if (!isGone(error)) throw error
  }
}

function isGroupAlive(id: number): boolean {
  if (process.platform === 'win32') return false
  try {
    return process.kill(-id, 0)
  } catch (error) {
    if (isGone(error)) return false
    throw error
  }
}

function isGone(error: unknown): boolean {
  return hasCode(error, 'ESRCH') || hasCode(error, 'EPERM')
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
