/**
 * `nexus modules swap|config|remove|load|unload|generations|activate|holders`: changes the modules of a data directory, while runs are in
 * flight where a server is up on it.
 */
import type { Module, Receipt } from '@nexus/api'
import type { Change } from '@nexus/nexus'
import { isJsonObject, NexusError } from '@nexus/sdk'
import type { Command } from 'commander'
import { resolve } from 'node:path'
import { withConnection, type Connection } from '../connection.ts'
import type { Shell } from '../main.ts'
import { statusSign } from '../output/format.ts'
import { table } from '../output/table.ts'
import { liveAfter } from '../output/receipt.ts'
import type { Terminal } from '../output/terminal.ts'
import { dataFolder, dataOption, jsonOption, readJson } from './options.ts'

interface Options {
  readonly data?: string
  readonly json?: boolean
  readonly runs?: 'follow' | 'pin'
  readonly consent?: boolean
  readonly drain?: 'wait' | 'move' | 'cancel'
  readonly deadline?: number
  readonly replay?: number
  readonly watch?: boolean
}

/** `modules`: the command that they belong to. */
export function addSwapCommands(modules: Command, shell: Shell): void {
  changing(
    modules
      .command('swap <source...>')
      .description(
        'bring modules in, each in the place of the one with its id: from folders, or as ID@VERSION',
      ),
  )
    .option('--consent', 'agree to the permissions that come on top')
    .option('--replay <count>', 'try so many recorded tasks of each idempotent capability first', readCount)
    .option('--no-watch', 'keep what comes in, however many errors it makes')
    .action((sources: string[], options: Options) => swap(sources, options, shell))
  changing(
    modules
      .command('config <id> <json>')
      .description('give a module another configuration, whole: JSON, @file, or - for standard input'),
  ).action((id: string, json: string, options: Options) => configure(id, json, options, shell))
  changing(modules.command('remove <id...>').description('take modules out')).action(
    (ids: string[], options: Options) => change({ remove: ids }, options, shell),
  )
  for (const [verb, description] of [
    ['load', 'start a module that waits for its first use'],
    ['unload', 'stop a module once its tasks are over; its next use starts it again'],
  ] as const) {
    modules
      .command(`${verb} <id>`)
      .description(description)
      .option(...jsonOption)
      .option(...dataOption)
      .action((id: string, options: Options) =>
        turn((connection) => connection.modules[verb](id), options, shell),
      )
  }
  modules
    .command('activate <generation>')
    .description('go back, or forth, to a generation')
    .option(...jsonOption)
    .option(...dataOption)
    .action((generation: string, options: Options) => activate(generation, options, shell))
  modules
    .command('generations')
    .description('list the generations, with what changed')
    .option(...jsonOption)
    .option(...dataOption)
    .action((options: Options) => generations(options, shell))
  modules
    .command('holders <id>')
    .description('list the runs in flight that see a module, and which version')
    .option(...jsonOption)
    .option(...dataOption)
    .action((id: string, options: Options) => holders(id, options, shell))
}

function changing(command: Command): Command {
  return command
    .addOption(
      command
        .createOption(
          '--runs <policy>',
          'runs in flight go over, or stay; by default a major version keeps them',
        )
        .choices(['follow', 'pin']),
    )
    .addOption(
      command
        .createOption('--drain <policy>', 'what becomes of runs that still use what leaves, at the deadline')
        .choices(['wait', 'move', 'cancel']),
    )
    .option('--deadline <seconds>', 'when the policy of --drain takes hold (default: 30)', readCount)
    .option(...jsonOption)
    .option(...dataOption)
}

/** As `ID@VERSION`; what has a slash is a folder. */
const versionOf = /^([a-z][a-z0-9_]*)@([^/\\]+)$/

function swap(sources: readonly string[], options: Options, shell: Shell): Promise<void> {
  const named = sources.map((source) => versionOf.exec(source) ?? source)
  const folders = named.filter((each) => typeof each === 'string').map((folder) => resolve(folder))
  const versions = named.flatMap((each) => (typeof each === 'string' ? [] : [each.slice(1)]))
  const what = {
    ...(folders.length > 0 && { folders }),
    ...(versions.length > 0 && { versions: Object.fromEntries(versions) as Record<string, string> }),
  }
  const { consent, replay, watch } = options
  const more = {
    ...(replay !== undefined && { replay }),
    ...(watch === false && ({ watch: false } as const)),
  }
  return change({ ...what, consent: consent === true, ...more }, options, shell)
}

async function configure(id: string, json: string, options: Options, shell: Shell): Promise<void> {
  const config = await readJson(json, shell.io, '<json>')
  if (!isJsonObject(config)) {
    throw new NexusError('bad_input', 'A configuration is an object, such as {"max_iterations": 10}.')
  }
  await change({ config: { [id]: config } }, options, shell)
}

/** Starts or stops one, and says how it stands then. */
async function turn(
  work: (connection: Connection) => Promise<Module>,
  { data, json }: Options,
  { io }: Shell,
): Promise<void> {
  await withConnection({ data: dataFolder(data) }, async (connection) => {
    const module = await work(connection)
    if (json) return io.json(module)
    const rest = connection.server === undefined ? ' It ends with this command: no server is up.' : ''
    io.out(`${statusSign(io, 'completed')} ${module.id} ${module.version ?? ''} is ${module.state}.${rest}\n`)
  })
}

async function change(
  what: Change,
  { data, json, runs, drain, deadline = 30 }: Options,
  { io }: Shell,
): Promise<void> {
  await withConnection({ data: dataFolder(data) }, async ({ modules }) => {
    const how = {
      ...(runs && { runs }),
      ...(drain && { drain: { policy: drain, deadline_ms: deadline * 1_000 } }),
    }
    show(await modules.change({ ...what, ...how }), json === true, io)
  })
}

async function activate(generation: string, { data, json }: Options, { io }: Shell): Promise<void> {
  await withConnection({ data: dataFolder(data) }, async ({ modules }) => {
    show(await modules.activate(generation), json === true, io)
  })
}

function readCount(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new NexusError('bad_input', `A whole number is wanted; it was ${text}.`)
}

function show(receipt: Receipt, json: boolean, io: Terminal): void {
  if (json) return io.json(receipt)
  const { followed, pinned } = receipt.runs
  const tried =
    receipt.replayed === undefined ? '' : `, after ${receipt.replayed} recorded tasks came out as before`
  io.out(
    `${statusSign(io, 'completed')} Generation ${receipt.generation} serves after ${liveAfter(receipt)}${tried}: ${changesOf(receipt)}\n` +
      `  Runs in flight: ${followed} went over, ${pinned} keep an older version. Back: nexus modules activate ${receipt.before}\n`,
  )
}

function changesOf({ changed }: Pick<Receipt, 'changed'>): string {
  const lines = changed.map(({ id, from, to }) => `${id} ${from ?? 'new'} → ${to ?? 'gone'}`)
  return lines.length > 0 ? lines.join(', ') : 'nothing changed'
}

async function generations({ data, json }: Options, { io }: Shell): Promise<void> {
  await withConnection({ data: dataFolder(data) }, async ({ modules }) => {
    const all = await modules.generations()
    const receipts = await modules.receipts()
    if (json) return io.json(all)
    const rows = all.map(({ number, at, current }) => {
      const receipt = receipts.find((each) => each.generation === number)
      const changes = (receipt?.before ?? 0) === 0 ? 'the first' : changesOf(receipt ?? { changed: [] })
      const why = receipt?.because === undefined ? '' : ` (${receipt.because})`
      return [`${current ? '▸' : ' '} ${number}`, at.slice(0, 19).replace('T', ' '), changes + why]
    })
    io.out(
      table(io, ['  GENERATION', 'COMMITTED', 'CHANGED'], rows, {
        shorten: ['CHANGED'],
        drop: ['COMMITTED'],
      }),
    )
  })
}

async function holders(id: string, { data, json }: Options, { io }: Shell): Promise<void> {
  await withConnection({ data: dataFolder(data) }, async ({ modules }) => {
    const found = await modules.holders(id)
    if (json) return io.json(found)
    if (found.length === 0) return io.out(`No run in flight sees ${id}.\n`)
    const rows = found.map(({ run, version, artifact }) => [run, version, artifact.slice(0, 12)])
    io.out(table(io, ['RUN', 'VERSION', 'ARTIFACT'], rows, { shorten: [], drop: ['ARTIFACT'] }))
  })
}
