/**
 * `nexus start`: keeps a data directory at work. It goes on with every unfinished run, and begins the runs of the
 * schedules, until it is told to end; then each run stops where it is and goes on with the next start.
 */
import { openNexus, type LiveRun, type RunOutcome } from '@nexus/nexus'
import { systemClock, type Log } from '@nexus/sdk'
import type { Command } from 'commander'
import type { Shell } from '../main.ts'
import { statusSign } from '../output/format.ts'
import type { Terminal } from '../output/terminal.ts'
import { dataFolder, dataOption } from './options.ts'

interface StartOptions {
  readonly data?: string
  readonly missed: 'once' | 'skip'
}

export function addStartCommand(program: Command, shell: Shell): void {
  program
    .command('start')
    .description('keep at work: go on with unfinished runs, and run what is scheduled')
    .addOption(
      program
        .createOption(
          '--missed <policy>',
          'the times of schedules that passed meanwhile: one run makes up for them, or none',
        )
        .choices(['once', 'skip'])
        .default('once'),
    )
    .option(...dataOption)
    .action((options: StartOptions) => start(options, shell))
}

async function start(options: StartOptions, { io }: Shell): Promise<void> {
  const data = dataFolder(options.data)
  const interrupted = Promise.withResolvers<void>()
  const stopListening = io.onInterrupt(interrupted.resolve)
  const nexus = await openNexus({
    data,
    missedFirings: options.missed,
    log: operatorLog(io),
    runBegan: (run) => void report(run, io),
  })
  try {
    await nexus.start()
    const scheduled = nexus.workflows.list().filter(({ schedule }) => schedule !== undefined)
    io.err(
      `Nexus is up on ${data}: ${counted(nexus.runs.inProgress, 'run')} under way, ${counted(scheduled.length, 'schedule')}. Ctrl-C ends it.\n`,
    )
    await interrupted.promise
    io.err('Stopping. Runs under way go on with the next start.\n')
  } finally {
    stopListening()
    await nexus.close()
  }
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
