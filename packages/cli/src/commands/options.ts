/**
 * What several commands read from their arguments.
 */
import { readWorkspace, type Workspace } from '@nexus/nexus'
import { NexusError, type Json } from '@nexus/sdk'
import { readFileSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { Terminal } from '../output/terminal.ts'

export const dataOption = ['--data <folder>', 'the data directory (default: .nexus)'] as const
export const workflowsOption = [
  '--workflows <folder...>',
  'folders of workflows that it may run, besides its own',
] as const
export const jsonOption = ['--json', 'print exactly one JSON document on standard output'] as const

/** Throws `NexusError` `bad_input` where what is given can be no data directory. */
export function dataFolder(option: string | undefined): string {
  if (option === undefined) return join(process.cwd(), '.nexus')
  const wanted = 'Wanted: --data FOLDER, or no --data for .nexus in the current one.'
  if (option.trim() === '') throw new NexusError('bad_input', `--data is empty. ${wanted}`)
  const folder = resolve(option)
  if (!isOther(folder)) return folder
  throw new NexusError('bad_input', `--data ${option} names a file, and no folder. ${wanted}`)
}

/** What cannot be seen is told by whoever opens it. */
function isOther(folder: string): boolean {
  try {
    return !statSync(folder).isDirectory()
  } catch {
    return false
  }
}

/** The workspace that the command is run in. Throws `NexusError` `bad_workspace`. */
export function workspaceHere(): Workspace {
  return readWorkspace(process.cwd())
}

/** What a Nexus is given that a person opens. */
export function optionsHere(): ReturnType<Workspace['options']> {
  return workspaceHere().options({ by: 'person', environment: process.env })
}

/** A document from a file, or from standard input for `-`. */
export async function readDocument(file: string, io: Terminal): Promise<string> {
  return file === '-' ? io.readInput() : readText(file)
}

/** JSON given as it is, `@file`, or `-` for standard input. `flag`: what is read, as the help writes it. */
export async function readJson(option: string | undefined, io: Terminal, flag = '--input'): Promise<Json> {
  if (option === undefined) return {}
  const text = await textOf(option, io)
  try {
    return JSON.parse(text) as Json
  } catch (error) {
    const where = option.startsWith('@') ? option.slice(1) : option === '-' ? 'standard input' : flag
    const reason = error instanceof Error ? error.message : String(error)
    const before = flag.startsWith('--') ? `${flag} ` : ''
    throw new NexusError(
      'bad_input',
      `${where} is not JSON: ${reason}. Wanted: ${before}'{"city": "Seattle"}', ${before}@file.json, or ${before}-`,
    )
  }
}

async function textOf(option: string, io: Terminal): Promise<string> {
  if (option === '-') return io.readInput()
  return option.startsWith('@') ? readText(option.slice(1)) : option
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new NexusError('file_unreadable', `${file} cannot be read: ${whyUnreadable(error)}`, {
      cause: error,
    })
  }
}

function whyUnreadable(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOENT':
    case 'ENOTDIR':
      return 'there is no such file.'
    case 'EISDIR':
      return 'it is a folder. Name a file in it, such as workflow.yaml.'
    case 'EACCES':
    case 'EPERM':
      return 'this user may not read it. See to its permissions (chmod), or run this as its owner.'
    default:
      return `${error instanceof Error ? error.message : String(error)}.`
  }
}
