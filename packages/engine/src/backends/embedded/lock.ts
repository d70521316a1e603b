/**
 * One process holds a data directory at a time. The lock is an open transaction on a small SQLite file, so the
 * operating system lets go of it when the process dies, however it dies; a note beside it says who holds it.
 */
import { NexusError } from '@nexus/sdk'
import { storageTrouble } from '@nexus/sdk/storage'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

export interface Lock {
  release(): void
}

/**
 * Throws `NexusError` `data_held`, saying which process holds the folder, or what is wrong with the folder (`disk_full`,
 * `data_unwritable`). `since` is milliseconds since the epoch.
 */
export function lockFolder(folder: string, since: number): Lock {
  const note = join(folder, 'holder.json')
  const database = openLock(folder, note)
  const about = { pid: process.pid, command: commandLine(), since: new Date(since).toISOString() }
  try {
    writeFileSync(note, JSON.stringify(about))
  } catch (error) {
    database.close()
    throw storageTrouble(error, note)
  }
  return {
    release() {
      if (database.isOpen) database.close()
    },
  }
}

/** With the transaction open that is the lock. */
function openLock(folder: string, note: string): DatabaseSync {
  const file = join(folder, 'lock')
  let database: DatabaseSync | undefined
  try {
    database = new DatabaseSync(file, { timeout: 0 })
    database.exec('BEGIN EXCLUSIVE')
    return database
  } catch (error) {
    database?.close()
    const mend = 'It holds nothing of worth: remove it.'
    throw isBusy(error) ? held(folder, note, error) : storageTrouble(error, file, mend)
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
