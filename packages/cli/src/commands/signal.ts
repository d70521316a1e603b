/**
 * `nexus runs signal ID`: sends an event to one run, such as an approval that it waits for. It is kept until the run
 * consumes it, also when nobody goes on with the run now.
 * `--data` is what the event carries, as CloudEvents call it; the data directory has another name here.
 */
import { NexusError, type Json } from '@nexus/sdk'
import type { Command } from 'commander'
import { withConnection } from '../connection.ts'
import type { Shell } from '../main.ts'
import { statusSign } from '../output/format.ts'
import type { Terminal } from '../output/terminal.ts'
import { dataFolder, jsonOption, readJson } from './options.ts'

interface SignalOptions {
  readonly type: string
  readonly data?: string
  readonly source?: string
  readonly dataFolder?: string
  readonly json?: boolean
}

/** `runs`: the command that it belongs to. */
export function addSignalCommand(runs: Command, shell: Shell): void {
  runs
    .command('signal <id>')
    .description('send an event to an unfinished run, such as an approval')
    .requiredOption('--type <type>', 'the type of the event, as the run listens for it')
    .option('--data <json>', 'what the event carries: JSON, @file, or - for standard input')
    .option('--source <uri>', 'where the event comes from')
    .option('--data-folder <folder>', 'the data directory (default: .nexus)')
    .option(...jsonOption)
    .action((id: string, options: SignalOptions) => signal(id, options, shell))
}

async function signal(id: string, options: SignalOptions, { io }: Shell): Promise<void> {
  const { type, source, json } = options
  const data = options.data === undefined ? undefined : await readData(options.data, io)
  await withConnection({ data: dataFolder(options.dataFolder) }, async ({ runs, server }) => {
    const event = await runs.signal(id, {
      type,
      ...(data !== undefined && { data }),
      ...(source !== undefined && { source }),
    })
    const next = server === undefined ? ` Try: nexus runs resume ${id}` : ''
    if (json) io.json(event)
    else io.out(`${statusSign(io, 'completed')} Run ${id} has it.${next}\n`)
  })
}

async function readData(option: string, io: Terminal): Promise<Json> {
  try {
    return await readJson(option, io)
  } catch (error) {
    if (!(error instanceof NexusError) || error.code !== 'bad_input') throw error
    const message = `The event's --data is not JSON: ${option.slice(0, 80)}. Wanted: --data '{"by": "Ada"}', --data @file.json, or --data -. The data directory is given by --data-folder here.`
    throw new NexusError('bad_input', message, { cause: error })
  }
}
