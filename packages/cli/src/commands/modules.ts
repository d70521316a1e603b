/**
 * `nexus modules list|show`: the modules at hand, and what they provide. Where a server is up on the data directory it is
 * asked, so that what it has swapped in is there; else those that there would be.
 */
import type { Module } from '@nexus/api'
import { moduleToWire } from '@nexus/server'
import type { Command } from 'commander'
import type { Shell } from '../main.ts'
import { table } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { indented, plain } from '../output/terminal_text.ts'
import { remote } from '../connection/remote.ts'
import { findServer } from '../connection/server_file.ts'
import { dataFolder, dataOption, jsonOption } from './options.ts'
import { withScratchNexus } from './scratch.ts'
import { addLockCommand } from './lock.ts'
import { addSwapCommands } from './swap.ts'

export function addModulesCommand(program: Command, shell: Shell): void {
  const modules = program.command('modules').description('list, show and change modules')
  addSwapCommands(modules, shell)
  addLockCommand(modules, shell)
  modules
    .command('list')
    .description('list the modules with what they provide')
    .option(...jsonOption)
    .option(...dataOption)
    .action(async (options: Options) => list(await modulesHere(options), options.json === true, shell.io))
  modules
    .command('show <id>')
    .description('show one module')
    .option(...jsonOption)
    .option(...dataOption)
    .action(async (id: string, options: Options) =>
      show(await moduleOf(id, options), options.json === true, shell.io),
    )
}

interface Options {
  readonly data?: string
  readonly json?: boolean
}

/** Those of the server that is up, else those that there would be. */
export async function modulesHere({ data }: Options): Promise<readonly Module[]> {
  const server = await findServer(dataFolder(data))
  if (server) return remote(server, { data: dataFolder(data) }).modules.list()
  const found = Promise.withResolvers<readonly Module[]>()
  await withScratchNexus({}, ({ modules }) => found.resolve(modules.list().map(moduleToWire)))
  return found.promise
}

async function moduleOf(id: string, { data }: Options): Promise<Module> {
  const server = await findServer(dataFolder(data))
  if (server) return remote(server, { data: dataFolder(data) }).modules.get(id)
  const found = Promise.withResolvers<Module>()
  await withScratchNexus({}, ({ modules }) => found.resolve(moduleToWire(modules.get(id))))
  return found.promise
}

type ModuleVersion = Module['versions'][number]

const narrowing = { shorten: ['MODULE', 'PROVIDES'], drop: ['TASKS', 'FROM', 'TYPE', 'PROVIDES', 'VERSION'] }

/** Columns of the keys in the facts of a module. */
const keyColumns = 12

function list(modules: readonly Module[], json: boolean, io: Terminal): void {
  if (json) return io.json(modules)
  const rows = modules.map((module) => [
    module.id,
    module.version ?? '',
    module.type,
    io.style(module.state === 'faulty' ? 'red' : 'green', module.state),
    module.source,
    module.in_flight > 0 ? String(module.in_flight) : '',
    module.provides.map(({ task }) => task).join(', '),
  ])
  io.out(table(io, ['MODULE', 'VERSION', 'TYPE', 'STATE', 'FROM', 'TASKS', 'PROVIDES'], rows, narrowing))
  for (const module of modules) for (const line of passedOverLines(module)) io.out(`${line}\n`)
  for (const module of modules) for (const problem of module.problems) io.err(`${problemLine(problem, io)}\n`)
}

function show(module: Module, json: boolean, io: Terminal): void {
  if (json) return io.json(module)
  const facts = [
    ['type', module.type],
    ['state', module.state],
    ['provides', module.provides.map(({ task }) => task).join(', ') || 'nothing'],
    ['artifact', module.artifact ?? 'none'],
    ['host', module.host ?? 'none'],
    ['folder', module.folder],
    ['from', module.source],
    ['under way', `${module.in_flight} tasks`],
    ...module.versions.map((each) => [each.current ? 'serves' : 'kept', versionLine(each)]),
  ]
  io.out(
    `${io.style('bold', plain(module.name))} ${plain(module.id)} ${plain(module.version ?? '')}\n${indented(module.description)}\n\n`,
  )
  for (const [key = '', value = ''] of facts)
    io.out(`${io.style('dim', key.padEnd(keyColumns))}${plain(value)}\n`)
  for (const line of passedOverLines(module)) io.out(`${line}\n`)
  for (const problem of module.problems) io.out(`${problemLine(problem, io)}\n`)
}

function passedOverLines({ id, passed_over: others }: Module): readonly string[] {
  return others.map(({ version, source, why }) =>
    plain(`Not ${id} ${version ?? '?'} from ${source}: ${why}.`),
  )
}

function versionLine({ version, artifact, generations, runs, in_flight: tasks }: ModuleVersion): string {
  const seen = `generation ${generations.join(', ') || 'none'}; ${runs} runs see it, ${tasks} tasks under way`
  return `${version} ${artifact.slice(0, 12)}: ${seen}`
}

function problemLine({ file, line, column, message }: Module['problems'][number], io: Terminal): string {
  return `${plain(file)}:${line}:${column} ${io.style('red', 'error')} ${indented(message)}`
}
