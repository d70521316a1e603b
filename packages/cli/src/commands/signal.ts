/**
 * `nexus runs signal ID`: sends an event to one run, such as an approval that it waits for. It is kept until the run
 * consumes it, also when nobody goes on with the run now.
 * `--payload` is what the event carries; `--data` is the data directory, as everywhere.
 */
import { NexusError } from '@nexus/sdk'
import type { Command } from 'commander'
import { withConnection } from '../connection.ts'
import type { Shell } from '../main.ts'
import { statusSign } from '../output/format.ts'
import { dataArgument } from './answering.ts'
import { dataFolder, dataOption, jsonOption, readJson } from './options.ts'
import { runIdOf } from './run_id.ts'

interface SignalOptions {
  readonly type: string
  readonly data?: string
  readonly payload?: string
  readonly source?: string
  readonly json?: boolean
}

/** `runs`: the command that it belongs to. */
export function addSignalCommand(runs: Command, shell: Shell): void {
  runs
    .command('signal <id>')
    .description('send an event to an unfinished run, such as an approval')
    .requiredOption('--type <type>', 'the type of the event, as the run listens for it')
    .option('--payload <json>', 'what the event carries: JSON, @file, or - for standard input')
    .option('--source <uri>', 'where the event comes from')
    .option(...jsonOption)
    .option(...dataOption)
    .action((id: string, options: SignalOptions) => signal(id, options, shell))
}

async function signal(given: string, options: SignalOptions, { io }: Shell): Promise<void> {
  const { type, source, json } = options
  const folder = folderOf(options.data)
  const id = await runIdOf(given, options.data)
  const data = options.payload === undefined ? undefined : await readJson(options.payload, io, '--payload')
  await withConnection({ data: folder }, async ({ runs, server }) => {
    const event = await runs.signal(id, {
      type,
      ...(data !== undefined && { data }),
      ...(source !== undefined && { source }),
    })
    const next = server === undefined ? ` Try: nexus runs resume ${id}${dataArgument(options.data)}` : ''
    if (json) io.json(event)
    else io.out(`${statusSign(io, 'completed')} Run ${id} has it.${next}\n`)
  })
}

/** CloudEvents call what they carry `data`, so that it may be given under that name. */
function folderOf(option: string | undefined): string {
  if (option === undefined || !/^\s*[{["@]/.test(option)) return dataFolder(option)
  const message = `--data is the data directory, and it was ${option.slice(0, 80)}. What the event carries is given by --payload.`
  throw new NexusError('bad_input', message)
}
