/**
 * `nexus modules list|show`: the modules at hand, and what they provide.
 */
import type { ModuleInfo, Nexus } from '@nexus/nexus'
import type { Command } from 'commander'
import type { Shell } from '../main.ts'
import { table } from '../output/format.ts'
import type { Terminal } from '../output/terminal.ts'
import { jsonOption } from './options.ts'
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
    .action((options: { json?: boolean }) =>
      withScratchNexus({}, (nexus) => list(nexus, options.json === true, shell.io)),
    )
  modules
    .command('show <id>')
    .description('show one module')
    .option(...jsonOption)
    .action((id: string, options: { json?: boolean }) =>
      withScratchNexus({}, (nexus) => show(nexus.modules.get(id), options.json === true, shell.io)),
    )
}

/** Columns of the keys in the facts of a module. */
const keyColumns = 12

function list(nexus: Nexus, json: boolean, io: Terminal): void {
  const modules = nexus.modules.list()
  if (json) return io.out(`${JSON.stringify(modules.map(toWire), null, 2)}\n`)
  const rows = modules.map((module) => [
    module.id,
    module.version ?? '',
    module.type,
    io.style(module.state === 'faulty' ? 'red' : 'green', module.state),
    module.source,
    module.provides.map(({ task }) => task).join(', '),
  ])
  io.out(table(io, ['MODULE', 'VERSION', 'TYPE', 'STATE', 'FROM', 'PROVIDES'], rows))
  for (const module of modules) for (const line of passedOverLines(module)) io.out(`${line}\n`)
  for (const module of modules) for (const problem of module.problems) io.err(`${problemLine(problem, io)}\n`)
}

function show(module: ModuleInfo, json: boolean, io: Terminal): void {
  if (json) return io.out(`${JSON.stringify(toWire(module), null, 2)}\n`)
  const facts = [
    ['type', module.type],
    ['state', module.state],
    ['provides', module.provides.map(({ task }) => task).join(', ') || 'nothing'],
    ['artifact', module.artifact ?? 'none'],
    ['host', module.host ?? 'none'],
    ['folder', module.folder],
    ['from', module.source],
  ]
  io.out(`${io.style('bold', module.name)} ${module.id} ${module.version ?? ''}\n${module.description}\n\n`)
  for (const [key = '', value = ''] of facts) io.out(`${io.style('dim', key.padEnd(keyColumns))}${value}\n`)
  for (const line of passedOverLines(module)) io.out(`${line}\n`)
  for (const problem of module.problems) io.out(`${problemLine(problem, io)}\n`)
}

function passedOverLines({ id, passed_over: others }: ModuleInfo): readonly string[] {
  return others.map(({ version, source, why }) => `Not ${id} ${version ?? '?'} from ${source}: ${why}.`)
}

function problemLine({ file, line, column, message }: ModuleInfo['problems'][number], io: Terminal): string {
  return `${file}:${line}:${column} ${io.style('red', 'error')} ${message}`
}

/** The wire has snake_case keys; null where there is nothing to say. */
function toWire({
  id,
  version,
  type,
  name,
  description,
  state,
  artifact,
  provides,
  host,
  folder,
  source,
  passed_over: others,
  problems,
}: ModuleInfo): object {
  return {
    id,
    version: version ?? null,
    type,
    name,
    description,
    state,
    artifact: artifact ?? null,
    provides,
    host: host ?? null,
    folder,
    source,
    passed_over: others.map((other) => ({ ...other, version: other.version ?? null })),
    problems,
  }
}
