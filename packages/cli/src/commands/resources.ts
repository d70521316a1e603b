/**
 * `nexus resources list|update`: what documents needed from outside and was pinned in the data directory. It works beside
 * the process that holds it.
 */
import { pinsOf } from '@nexus/nexus'
import { NexusError } from '@nexus/sdk'
import type { Command } from 'commander'
import type { Shell } from '../main.ts'
import { statusSign } from '../output/format.ts'
import { table } from '../output/table.ts'
import { dataFolder, dataOption, jsonOption } from './options.ts'

interface Options {
  readonly data?: string
  readonly json?: boolean
}

export function addResourcesCommand(program: Command, shell: Shell): void {
  const resources = program.command('resources').description('list and update what was fetched and pinned')
  resources
    .command('list')
    .description('list what was fetched over HTTP for documents, with the digest that it is pinned to')
    .option(...jsonOption)
    .option(...dataOption)
    .action((options: Options) => list(options, shell))
  resources
    .command('update <uri>')
    .description('let go of a pinned resource: the next document that needs it fetches it anew')
    .option(...dataOption)
    .action((uri: string, options: Options) => update(uri, options, shell))
}

async function list({ data, json }: Options, { io }: Shell): Promise<void> {
  const pinned = await pinsOf(dataFolder(data)).list()
  if (json) return io.json(pinned)
  if (pinned.length === 0) return io.out('Nothing is pinned.\n')
  io.out(
    table(
      io,
      ['RESOURCE', 'SHA-256'],
      pinned.map(({ uri, digest }) => [uri, digest]),
    ),
  )
}

async function update(uri: string, { data }: Options, { io }: Shell): Promise<void> {
  if (await pinsOf(dataFolder(data)).remove(uri)) {
    return io.out(`${statusSign(io, 'completed')} ${uri} is fetched anew when it is needed next.\n`)
  }
  throw new NexusError('resource_not_found', `${uri} is not pinned. See: nexus resources list`)
}
