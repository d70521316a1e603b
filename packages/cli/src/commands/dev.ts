/**
 * `nexus dev [FOLDER]`: stays up as `nexus start` does, watches a folder of modules, and takes every save through the same
 * swap as anything else in production. What is wrong with a module is told with its place, and leaves the version that
 * serves alone.
 */
import type { Nexus, Receipt, Workspace } from '@nexus/nexus'
import { systemClock } from '@nexus/sdk'
import type { Command } from 'commander'
import { mkdirSync, watch } from 'node:fs'
import { resolve } from 'node:path'
import type { Shell } from '../main.ts'
import { statusSign } from '../output/format.ts'
import { liveAfter } from '../output/receipt.ts'
import type { Terminal } from '../output/terminal.ts'
import { indented } from '../output/terminal_text.ts'
import { addServeOptions, lockServing, start, type StartOptions } from './start.ts'

/** Editors write a file in several steps; a swap begins when it has been quiet for so long. */
const quietMs = 20

export function addDevCommand(program: Command, shell: Shell): void {
  addServeOptions(
    program
      .command('dev [folder]')
      .description('stay up, and swap the modules of a folder (default: modules) whenever they are saved'),
  ).action((folder: string | undefined, options: StartOptions) =>
    dev(resolve(folder ?? 'modules'), options, shell),
  )
}

async function dev(folder: string, options: StartOptions, shell: Shell): Promise<void> {
  mkdirSync(folder, { recursive: true })
  const up = (nexus: Nexus, workspace: Workspace): (() => void) =>
    watchModules({ nexus, workspace, io: shell.io }, folder)
  await start(options, shell, { modules: folder, lock: 'followed', up })
}

interface Watching {
  readonly nexus: Nexus
  readonly workspace: Workspace
  readonly io: Terminal
}

/** Takes every change below the folder. Gives the way to stop. */
function watchModules(watching: Watching, folder: string): () => void {
  const { nexus, io } = watching
  let stopWaiting = (): void => {}
  let taking = Promise.resolve()
  const told = new Map<string, string>()
  const take = (): void => {
    taking = taking.then(() => takeChanges(watching, told))
  }
  const watcher = watch(folder, { recursive: true }, () => {
    stopWaiting()
    stopWaiting = systemClock.timer(quietMs, take)
  })
  tellProblems(nexus, told, io)
  io.err(`Watching ${folder}. Every save is swapped in.\n`)
  return () => {
    watcher.close()
    stopWaiting()
  }
}

async function takeChanges({ nexus, workspace, io }: Watching, told: Map<string, string>): Promise<void> {
  try {
    const receipt = await nexus.modules.rescan()
    if (receipt) io.out(lineOf(receipt, io))
    if (receipt) lockServing(workspace, nexus, io)
  } catch (error) {
    io.err(
      `${statusSign(io, 'faulted')} ${indented(error instanceof Error ? error.message : String(error))}\n`,
    )
  }
  tellProblems(nexus, told, io)
}

function lineOf({ changed, ms, generation }: Receipt, io: Terminal): string {
  const what = changed.map(({ id, from, to }) =>
    from === to ? `${id} ${to}` : `${id} ${from ?? 'new'} → ${to ?? 'gone'}`,
  )
  return `${statusSign(io, 'completed')} ${what.join(', ')} serves after ${liveAfter({ ms })} (generation ${generation})\n`
}

/** Each problem once, until the module is mended. */
function tellProblems(nexus: Nexus, told: Map<string, string>, io: Terminal): void {
  for (const { id, problems } of nexus.modules.list()) {
    const text = problems
      .map(({ file, line, column, message }) => `${file}:${line}:${column}: ${message}`)
      .join('\n')
    if (text !== '' && told.get(id) !== text) io.err(`${statusSign(io, 'faulted')} ${text}\n`)
    told.set(id, text)
  }
}
