/**
 * `nexus start`: keeps a data directory at work, and serves it over HTTP. It goes on with every unfinished run, and begins
 * the runs of the schedules, until it is told to end; then each run stops where it is and goes on with the next start.
 */
import { openNexus, readPolicy, type LiveRun, type Nexus, type RunOutcome } from '@nexus/nexus'
import { defaultPort, serve, type Served } from '@nexus/server'
import { NexusError, systemClock, type Log } from '@nexus/sdk'
import type { Command } from 'commander'
import { resolve } from 'node:path'
import { readToken, removeServerFile, writeServerFile } from '../connection/server_file.ts'
import type { Shell } from '../main.ts'
import { statusSign } from '../output/format.ts'
import type { Terminal } from '../output/terminal.ts'
import { dataFolder, dataOption, moduleFolders } from './options.ts'

export interface StartOptions {
  readonly data?: string
  readonly missed: 'once' | 'skip'
  readonly host: string
  readonly port: number
  readonly tokenFile?: string
}

export function addStartCommand(program: Command, shell: Shell): void {
  addServeOptions(
    program
      .command('start')
      .description('keep at work: go on with unfinished runs, run what is scheduled, and serve over HTTP'),
  ).action((options: StartOptions) => start(options, shell, { modules: moduleFolders() }))
}

/** The options of every command that stays up. */
export function addServeOptions(command: Command): Command {
  return command
    .option('--host <address>', 'where to listen; any but this machine alone needs a token', '127.0.0.1')
    .option('--port <number>', 'the port to listen on; 0 takes any that is free', readPort, defaultPort)
    .option('--token-file <file>', 'a file with the token that is asked for (or set NEXUS_TOKEN)')
    .addOption(
      command
        .createOption(
          '--missed <policy>',
          'the times of schedules that passed meanwhile: one run makes up for them, or none',
        )
        .choices(['once', 'skip'])
        .default('once'),
    )
    .option(...dataOption)
}

const portMax = 65_535

function readPort(text: string): number {
  const port = Number(text)
  if (/^\d+$/.test(text) && port <= portMax) return port
  throw new NexusError('bad_input', `--port is a whole number from 0 to ${portMax}; it was ${text}.`)
}

export interface Staying {
  readonly modules: readonly string[]
  /** Called once it is up; what comes back is called when it ends. */
  readonly up?: (nexus: Nexus) => () => void
}

/** Stays up until it is told to end. */
export async function start(options: StartOptions, { io }: Shell, { modules, up }: Staying): Promise<void> {
  const data = dataFolder(options.data)
  const token = tokenOf(options)
  const interrupted = Promise.withResolvers<void>()
  await using stack = new AsyncDisposableStack()
  stack.defer(io.onInterrupt(interrupted.resolve))
  const log = operatorLog(io)
  const nexus = await openNexus({
    data,
    modules,
    policy: readPolicy({ folder: process.cwd(), by: 'server', environment: process.env }),
    missedFirings: options.missed,
    log,
    runBegan: (run) => void report(run, io),
  })
  stack.defer(() => nexus.close())
  const { host, port } = options
  const served = await serve({ nexus, host, port, log, ...(token !== undefined && { token }) })
  stack.defer(() => served.close())
  announce(data, served, options)
  stack.defer(() => removeServerFile(data))
  await nexus.start()
  io.err(greeting(nexus, data, served))
  if (up) stack.defer(up(nexus))
  await interrupted.promise
  io.err('Stopping. Runs under way go on with the next start.\n')
}

function tokenOf({ tokenFile }: StartOptions): string | undefined {
  return tokenFile === undefined ? process.env['NEXUS_TOKEN'] : readToken(tokenFile)
}

/** For the commands of whoever may read the data directory; those are on this machine. */
function announce(data: string, { url, instance }: Served, { tokenFile }: StartOptions): void {
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
  io.out(`${statusSign(io, 'running')} ${now()} ${workflow.name} ${id}\n`)
  try {
    io.out(lineOf(await ended, workflow.name, id, io))
  } catch {
    io.out(`${statusSign(io, 'suspended')} ${now()} ${workflow.name} ${id} stopped\n`)
  }
}

function lineOf(outcome: RunOutcome, name: string, id: string, io: Terminal): string {
  const why =
    outcome.status === 'faulted'
      ? `: ${outcome.error.detail ?? outcome.error.title ?? outcome.error.type}`
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
      io.err(`${level}: ${message}\n`)
  return { debug() {}, info: write('info'), warn: write('warning'), error: write('error') }
}
