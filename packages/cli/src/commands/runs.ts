/**
 * `nexus runs list|show|resume|retry|fork|suspend|cancel|remove|prune|signal|blob`: the runs of a data directory.
 * Where a server is up on it they are asked of that; listing and showing work beside whoever holds it. A run is named by its
 * id or by the beginning of it.
 */
import { readRuns, type RunReader, type RunRecord, type RunSummary } from '@nexus/nexus'
import { runToWire } from '@nexus/server'
import { NexusError } from '@nexus/sdk'
import type { Command } from 'commander'
import { withConnection } from '../connection.ts'
import { exitCodes, type Shell } from '../main.ts'
import { formatDuration, statusSign, statusWord } from '../output/format.ts'
import { table } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { dataArgument } from './answering.ts'
import { addBlobCommand } from './blob.ts'
import { addForgetCommands } from './forget.ts'
import { dataFolder, dataOption, jsonOption, readDocument, readJson } from './options.ts'
import { refuseInvalid } from './refusal.ts'
import { exitCodeOf, follow, summaryOf, waitForOthers } from './run.ts'
import { runIdOf } from './run_id.ts'
import { addSignalCommand } from './signal.ts'

interface RunsOptions {
  readonly data?: string
  readonly json?: boolean
}

export function addRunsCommand(program: Command, shell: Shell): void {
  const runs = program.command('runs').description('list, show, resume and cancel runs')
  runs
    .command('list')
    .description('list the runs, newest first')
    .option('--all', 'also those that live with the run that began them')
    .option(...jsonOption)
    .option(...dataOption)
    .action((options: ListOptions) => list(options, shell))
  runs
    .command('show <id>')
    .description('show a run with its tasks')
    .option(...jsonOption)
    .option(...dataOption)
    .action((id: string, options: RunsOptions) => show(id, options, shell))
  runs
    .command('resume [id]')
    .description('go on with an unfinished run, or with all of them')
    .option(...jsonOption)
    .option(...dataOption)
    .action((id: string | undefined, options: RunsOptions) => resume(id, options, shell))
  runs
    .command('retry <id>')
    .description('run what faulted or was cancelled anew; what completed stands')
    .option(...jsonOption)
    .option(...dataOption)
    .action((id: string, options: RunsOptions) => retry(id, options, shell))
  runs
    .command('fork <id>')
    .description('begin a new run with the results of another, up to one of its tasks')
    .requiredOption(
      '--from <path>',
      'the path of a completed task: what is recorded up to its result is shared',
    )
    .option('--file <file>', 'go on with this document instead')
    .option('--input <json>', 'go on with this input instead: JSON, @file, or - for standard input')
    .option(...jsonOption)
    .option(...dataOption)
    .action((id: string, options: ForkOptions) => fork(id, options, shell))
  runs
    .command('suspend <id>')
    .description('stop an unfinished run where it is until it is resumed')
    .option(...jsonOption)
    .option(...dataOption)
    .action((id: string, options: RunsOptions) => suspend(id, options, shell))
  runs
    .command('cancel <id>')
    .description('cancel an unfinished run')
    .option(...jsonOption)
    .option(...dataOption)
    .action((id: string, options: RunsOptions) => cancel(id, options, shell))
  addForgetCommands(runs, shell)
  addSignalCommand(runs, shell)
  addBlobCommand(runs, shell)
}

interface ListOptions extends RunsOptions {
  readonly all?: boolean
}

async function list(options: ListOptions, { io }: Shell): Promise<void> {
  const reader = readRuns(dataFolder(options.data))
  const runs = (await reader?.list(options.all ? {} : { attached: false })) ?? []
  await reader?.close()
  if (options.json) return io.json(runs.map(runToWire))
  if (runs.length === 0) return io.out('No runs yet. Try: nexus run FILE\n')
  io.out(
    table(
      io,
      ['RUN', 'STATUS', 'WORKFLOW', 'STARTED', 'TOOK'],
      runs.map((run) => rowOf(run, io)),
      { shorten: ['WORKFLOW'], drop: ['STARTED', 'TOOK', 'WORKFLOW'] },
    ),
  )
}

function rowOf({ id, status, workflow, startedAt, endedAt }: RunSummary, io: Terminal): readonly string[] {
  const started =
    startedAt === undefined ? '' : new Date(startedAt).toISOString().slice(0, 19).replace('T', ' ')
  const took = startedAt === undefined || endedAt === undefined ? '' : formatDuration(endedAt - startedAt)
  return [
    id,
    statusWord(io, status),
    `${workflow.namespace}/${workflow.name} ${workflow.version}`,
    started,
    took,
  ]
}

async function show(given: string, options: RunsOptions, { io }: Shell): Promise<void> {
  const id = await runIdOf(given, options.data)
  const reader = reading(options, id)
  try {
    const record = await reader.get(id)
    if (options.json) io.json(record)
    else io.out(`${tasksOf(record, io)}${summaryOf(record, io)}`)
  } finally {
    await reader.close()
  }
}

function reading(options: RunsOptions, id: string): RunReader {
  const reader = readRuns(dataFolder(options.data))
  if (reader) return reader
  throw new NexusError(
    'run_not_found',
    `There is no run "${id}": ${dataFolder(options.data)} holds no runs yet.`,
  )
}

function tasksOf({ tasks }: RunRecord, io: Terminal): string {
  const rows = tasks.map((task) => [
    `${statusSign(io, task.status)} ${task.path}`,
    task.kind,
    task.module === null ? '' : `${task.module} ${task.version}`,
    task.attempts > 1 ? String(task.attempts) : '',
    task.ended_at === null ? '' : formatDuration(Date.parse(task.ended_at) - Date.parse(task.started_at)),
  ])
  const narrowing = { shorten: ['TASK'], drop: ['MODULE', 'ATTEMPTS', 'KIND', 'TOOK'] }
  return table(io, ['TASK', 'KIND', 'MODULE', 'ATTEMPTS', 'TOOK'], rows, narrowing)
}

async function resume(given: string | undefined, options: RunsOptions, { io, exit }: Shell): Promise<void> {
  const id = given === undefined ? undefined : await runIdOf(given, options.data)
  await withConnection(
    { data: dataFolder(options.data), warn: (warning) => io.err(warning) },
    async (connection) => {
      const ids = id === undefined ? (await connection.runs.unfinished()).map((run) => run.id) : [id]
      const records: RunRecord[] = []
      for (const each of ids) {
        const live = await connection.runs.resume(each)
        const record = await follow(connection, live, io, options.json === true)
        if (!options.json) io.out(summaryOf(record, io))
        records.push(record)
      }
      if (options.json) io.json(id === undefined ? records : records[0])
      else if (ids.length === 0) io.out('No unfinished runs.\n')
      await waitForOthers(connection, io)
      exit(records.map(exitCodeOf).find((code) => code !== exitCodes.completed) ?? exitCodes.completed)
    },
  )
}

interface ForkOptions extends RunsOptions {
  readonly from: string
  readonly file?: string
  readonly input?: string
}

async function fork(given: string, options: ForkOptions, { io, exit }: Shell): Promise<void> {
  const id = await runIdOf(given, options.data)
  const text = options.file === undefined ? undefined : await readDocument(options.file, io)
  const input = options.input === undefined ? undefined : await readJson(options.input, io)
  await withConnection(
    { data: dataFolder(options.data), warn: (warning) => io.err(warning) },
    async (connection) => {
      const workflow = text === undefined ? undefined : await connection.check(text, options.file ?? '-')
      if (workflow) refuseInvalid(workflow)
      const changes = { ...(workflow && { workflow }), ...(input !== undefined && { input }) }
      const live = await connection.runs.fork(id, { path: options.from, ...changes })
      const record = await follow(connection, live, io, options.json === true)
      if (options.json) io.json(record)
      else io.out(summaryOf(record, io))
      exit(exitCodeOf(record))
    },
  )
}

async function retry(given: string, options: RunsOptions, { io, exit }: Shell): Promise<void> {
  const id = await runIdOf(given, options.data)
  await withConnection(
    { data: dataFolder(options.data), warn: (warning) => io.err(warning) },
    async (connection) => {
      const live = await connection.runs.retry(id)
      const record = await follow(connection, live, io, options.json === true)
      if (options.json) io.json(record)
      else io.out(summaryOf(record, io))
      exit(exitCodeOf(record))
    },
  )
}

async function suspend(given: string, options: RunsOptions, { io }: Shell): Promise<void> {
  const id = await runIdOf(given, options.data)
  await withConnection({ data: dataFolder(options.data) }, async ({ runs }) => {
    await runs.suspend(id)
    if (options.json) return io.json(await runs.get(id))
    const next = `It goes on with: nexus runs resume ${id}${dataArgument(options.data)}`
    io.out(`${statusSign(io, 'suspended')} Run ${id} is suspended. ${next}\n`)
  })
}

async function cancel(given: string, options: RunsOptions, { io }: Shell): Promise<void> {
  const id = await runIdOf(given, options.data)
  await withConnection({ data: dataFolder(options.data) }, async ({ runs }) => {
    await runs.cancel(id)
    const record = await runs.get(id)
    if (options.json) return io.json(record)
    const { status } = record
    const already = status === 'cancelled' ? '' : ' It had ended before.'
    io.out(`${statusSign(io, status)} Run ${id} is ${status}.${already}\n`)
  })
}
