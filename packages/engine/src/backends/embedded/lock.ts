/**
 * One process holds a data directory at a time. The lock is an open transaction on a small SQLite file, so the
 * operating system lets go of it when the process dies, however it dies; a note beside it says who holds it.
 */
import { NexusError } from '@nexus/sdk'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export interface Lock {
  release(): void
}

/** Throws `NexusError` `data_held`, saying which process holds the folder. `since` is milliseconds since the epoch. */
export function lockFolder(folder: string, since: number): Lock {
  const note = join(folder, 'holder.json')
  const database = new DatabaseSync(join(folder, 'lock'), { timeout: 0 })
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    database.close()
    throw isBusy(error) ? held(folder, note, error) : error
  }
  writeFileSync(
    note,
    JSON.stringify({ pid: process.pid, command: commandLine(), since: new Date(since).toISOString() }),
  )
  return {
    release() {
      if (database.isOpen) database.close()
    },
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && error.errcode === 5
}

/** The program and its subcommand; further arguments may hold what is nobody's business. */
function commandLine(): string {
  const [, script = '', subcommand = ''] = process.argv
  return `${script.split(/[\\/]/).at(-1)} ${subcommand}`.trim()
}

function held(folder: string, note: string, cause: unknown): NexusError {
  return new NexusError(
    'data_held',
    `The data directory ${folder} is held by ${readHolder(note)}. Wait until it ends or end it, or choose another with --data.`,
    { cause },
  )
}

function readHolder(note: string): string {
  try {
    const { pid, command, since } = JSON.parse(readFileSync(note, 'utf8')) as Record<string, unknown>
    return `process ${String(pid)} ("${String(command)}", since ${String(since)})`
  } catch {
    return 'another process'
  }
}
