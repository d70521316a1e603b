/**
 * `nexus start`: keeps a data directory at work, and serves it over HTTP. It goes on with every unfinished run, and begins
 * the runs of the schedules, until it is told to end; then each run stops where it is and goes on with the next start.
 */
import { openNexus, type LiveRun, type Nexus, type RunOutcome, type Workspace } from '@nexus/nexus'
import { defaultPort, serve, type Served } from '@nexus/server'
import { NexusError, systemClock, type Log } from '@nexus/sdk'
import type { Command } from 'commander'
import { resolve } from 'node:path'
import { readToken, removeServerFile, writeServerFile } from '../connection/server_file.ts'
import type { Shell } from '../main.ts'
import { statusSign } from '../output/format.ts'
import type { Terminal } from '../output/terminal.ts'
import { indented, plain } from '../output/terminal_text.ts'
import { dataFolder, dataOption, workspaceHere } from './options.ts'

export interface StartOptions {
  readonly data?: string
  readonly missed?: 'once' | 'skip'
  readonly host?: string
  readonly port?: number
  readonly tokenFile?: string
  readonly frozen?: boolean
  readonly runsMax?: number
  readonly memoryMax?: number
  readonly coresMax?: number
}

export function addStartCommand(program: Command, shell: Shell): void {
  addServeOptions(
    program
      .command('start')
      .description('keep at work: go on with unfinished runs, run what is scheduled, and serve over HTTP'),
  )
    .option('--frozen', 'refuse to start where nexus.lock and the modules differ')
    .action((options: StartOptions) =>
      start(options, shell, { lock: options.frozen === true ? 'frozen' : 'holds' }),
    )
}

/** The options of every command that stays up. */
export function addServeOptions(command: Command): Command {
  return command
    .option(
      '--host <address>',
      'where to listen; any but this machine alone needs a token (default: nexus.yaml, else 127.0.0.1)',
    )
    .option(
      '--port <number>',
      `the port to listen on; 0 takes any that is free (default: nexus.yaml, else ${defaultPort})`,
      readPort,
    )
    .option(
      '--runs-max <number>',
      'runs in progress at once; more wait by their priorities',
      readWhole('--runs-max'),
    )
    .option(
      '--memory-max <megabytes>',
      'memory of all plans of goals together; what does not fit beside others waits (default: that of this machine)',
      readWhole('--memory-max'),
    )
    .option(
      '--cores-max <number>',
      'processors of all plans of goals together (default: any number)',
      readWhole('--cores-max'),
    )
    .option('--token-file <file>', 'a file with the token that is asked for (or set NEXUS_TOKEN)')
    .addOption(
      command
        .createOption(
          '--missed <policy>',
          'the times of schedules that passed meanwhile: one run makes up for them, or none (default: nexus.yaml, else once)',
        )
        .choices(['once', 'skip']),
    )
    .option(...dataOption)
}

function readWhole(option: string): (text: string) => number {
  return (text) => {
    if (/^[1-9]\d*$/.test(text)) return Number(text)
    throw new NexusError('bad_input', `${option} is a whole number from 1; it was ${text}.`)
  }
}

const portMax = 65_535

function readPort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= portMax) return port
  throw new NexusError('bad_input', `--port is a whole number from 0 to ${portMax}; it was ${text}.`)
}

export interface Staying {
  /** Whether the lock holds, or what is in the folders goes before it and is written down. */
  readonly lock: 'holds' | 'frozen' | 'followed'
  /** The folder of the workspace's own modules, where that is another. */
  readonly modules?: string
  /** Called once it is up; what comes back is called when it ends. */
  readonly up?: (nexus: Nexus, workspace: Workspace) => () => void
}

/** Stays up until it is told to end. */
export async function start(options: StartOptions, { io }: Shell, staying: Staying): Promise<void> {
  const data = dataFolder(options.data)
  const workspace = workspaceHere()
  const { server = {}, engine = {} } = workspace.settings
  const token = tokenOf(options, server.token_file)
  const interrupted = Promise.withResolvers<void>()
  await using stack = new AsyncDisposableStack()
  const stopListening = io.onInterrupt(interrupted.resolve)
  stack.defer(stopListening)
  const log = operatorLog(io)
  const nexus = await openNexus({
    ...optionsFor(workspace, staying),
    data,
    missedFirings: options.missed ?? engine.missed ?? 'once',
    ...(options.runsMax !== undefined && { concurrency: { runsMax: options.runsMax } }),
    resources: {
      ...(options.memoryMax !== undefined && { memoryMb: options.memoryMax }),
      ...(options.coresMax !== undefined && { cpuCores: options.coresMax }),
    },
    log,
    runBegan: (run) => void report(run, io),
  })
  stack.defer(() => nexus.close())
  if (staying.lock === 'followed' || workspace.lock === undefined) lockServing(workspace, nexus, io)
  const served = await serve({
    nexus,
    host: options.host ?? server.host ?? '127.0.0.1',
    port: options.port ?? server.port ?? defaultPort,
    log,
    ...(token !== undefined && { token }),
    ...(server.body_limit !== undefined && { limits: { bodyBytesMax: server.body_limit } }),
  })
  stack.defer(() => served.close())
  announce(data, served, options.tokenFile ?? server.token_file)
  stack.defer(() => removeServerFile(data))
  await nexus.start()
  io.err(greeting(nexus, data, served))
  if (staying.up) stack.defer(staying.up(nexus, workspace))
  await interrupted.promise
  stopListening() // so that the next signal ends the process as it would any other: nothing recorded is lost by that
  io.err('Stopping. Runs under way go on with the next start. Once more ends it at once.\n')
}

function optionsFor(workspace: Workspace, { lock, modules }: Staying): ReturnType<Workspace['options']> {
  return workspace.options({
    by: 'server',
    environment: process.env,
    lock: lock === 'followed' ? 'ignored' : lock,
    ...(modules !== undefined && { modules }),
  })
}

/** Writes down what the modules of a nexus.yaml have come to. */
export function lockServing(workspace: Workspace, nexus: Nexus, io: Terminal): void {
  if (workspace.file === undefined) return
  const lock = nexus.modules.lock()
  if (lock.modules.size === 0 && workspace.lock === undefined) return
  if (workspace.writeLock(lock)) io.err('Wrote nexus.lock: commit it, so that others get the same modules.\n')
}

function tokenOf({ tokenFile }: StartOptions, settled: string | undefined): string | undefined {
  const environment = process.env['NEXUS_TOKEN']
  if (tokenFile !== undefined) return readToken(tokenFile)
  return environment ?? (settled === undefined ? undefined : readToken(settled))
}

/** For the commands of whoever may read the data directory; those are on this machine. */
function announce(data: string, { url, instance }: Served, tokenFile: string | undefined): void {
  const near = url.replace('//0.0.0.0:', '//127.0.0.1:').replace('//[::]:', '//[::1]:')
  const file = tokenFile === undefined ? null : resolve(tokenFile)
  writeServerFile(data, { url: near, pid: process.pid, instance, token_file: file })
}

function greeting(nexus: Nexus, data: string, { url }: Served): string {
  const scheduled = nexus.workflows.list().filter(({ schedule }) => schedule !== undefined)
  const work = `${counted(nexus.runs.inProgress, 'run')} under way, ${counted(scheduled.length, 'schedule')}`
  return `Nexus is up on ${data}: ${work}. Ctrl-C ends it.\nIt serves ${url}; what can be asked there: ${url}/docs\n`
}

/** A line when a run begins, and one when it ends. */
async function report({ id, workflow, ended }: LiveRun, io: Terminal): Promise<void> {
  const name = plain(workflow.name)
  io.out(`${statusSign(io, 'running')} ${now()} ${name} ${id}\n`)
  try {
    io.out(lineOf(await ended, name, id, io))
  } catch {
    io.out(`${statusSign(io, 'suspended')} ${now()} ${name} ${id} stopped\n`)
  }
}

function lineOf(outcome: RunOutcome, name: string, id: string, io: Terminal): string {
  const why =
    outcome.status === 'faulted'
      ? `: ${indented(outcome.error.detail ?? outcome.error.title ?? outcome.error.type)}`
      : ''
  return `${statusSign(io, outcome.status)} ${now()} ${name} ${id} ${outcome.status}${why}\n`
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}

function now(): string {
  return new Date(systemClock.now()).toISOString().slice(0, 19)
}

function operatorLog(io: Terminal): Log {
  const write =
    (level: string) =>
    (message: string): void =>
      io.err(`${level}: ${indented(message)}\n`)
  return { debug() {}, info: write('info'), warn: write('warning'), error: write('error') }
}
