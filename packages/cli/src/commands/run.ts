/**
 * `nexus run FILE`: runs a workflow document and shows it as it happens.
 */
import { priorityWords } from '@nexus/api'
import { Suspending, type CheckedWorkflow, type RunRecord } from '@nexus/nexus'
import { NexusError, systemClock } from '@nexus/sdk'
import type { Command } from 'commander'
import { withConnection, type Connection, type Following } from '../connection.ts'
import { exitCodes, type Shell } from '../main.ts'
import { formatDuration, formatJson, statusSign, statusWord } from '../output/format.ts'
import { showLive } from '../output/live.ts'
import type { Terminal } from '../output/terminal.ts'
import { indented, plain } from '../output/terminal_text.ts'
import { refuseUnanswered } from './answering.ts'
import { workflowFolders } from './documents.ts'
import { dataFolder, dataOption, jsonOption, readDocument, readJson, workflowsOption } from './options.ts'
import { problemsText, refuseInvalid } from './refusal.ts'

interface RunOptions {
  readonly input?: string
  readonly json?: boolean
  readonly data?: string
  readonly workflows?: readonly string[]
  readonly priority: number
}

export function addRunCommand(program: Command, shell: Shell): void {
  program
    .command('run <file>')
    .description('run a workflow document (YAML or JSON; - reads standard input)')
    .option('--input <json>', 'the input: JSON, @file, or - for standard input')
    .option(
      '--priority <number>',
      'low, normal, high or a whole number: where runs have to wait, the higher one begins first',
      readPriority,
      0,
    )
    .option(...workflowsOption)
    .option(...jsonOption)
    .option(...dataOption)
    .addHelpText(
      'after',
      '\nExit codes: 0 completed, 1 faulted, 2 bad usage or invalid document, 130 cancelled.',
    )
    .action((file: string, options: RunOptions) => run(file, options, shell))
}

function readPriority(text: string): number {
  const known = Object.entries(priorityWords).find(([word]) => word === text)
  const priority = known?.[1] ?? Number(text)
  if (text !== '' && Number.isInteger(priority) && Math.abs(priority) <= 1_000) return priority
  const message = `--priority is low, normal, high or a whole number from -1000 to 1000; it was ${text}.`
  throw new NexusError('bad_input', message)
}

async function run(file: string, options: RunOptions, { io, exit }: Shell): Promise<void> {
  const text = await readDocument(file, io)
  const input = await readJson(options.input, io)
  const workflows = workflowFolders(file, options.workflows)
  await withConnection(
    { data: dataFolder(options.data), workflows, warn: (warning) => io.err(warning) },
    async (connection) => {
      const workflow = await connection.check(text, file)
      refuseInvalid(workflow)
      io.err(problemsText(workflow))
      refuseUnanswered(connection, workflow, options.data)
      if (workflow.document?.schedule) io.err(scheduleNote(file))
      const live = await connection.run(workflow, input, { priority: options.priority })
      const record = await follow(connection, live, io, options.json === true)
      if (options.json) io.json(record)
      else io.out(summaryOf(record, io, workflow))
      await waitForOthers(connection, io)
      exit(exitCodeOf(record))
    },
  )
}

function scheduleNote(file: string): string {
  return `This runs it once, now. Its schedule begins with: nexus workflows add ${file}, then: nexus start\n`
}

/** What was begun with `await: false` goes on by itself; Ctrl-C leaves it for later. */
export async function waitForOthers(connection: Connection, io: Terminal): Promise<void> {
  const { inProgress } = connection
  if (inProgress === 0) return
  const what = inProgress === 1 ? 'A run that it began goes' : `${inProgress} runs that it began go`
  io.err(`${what} on; waiting for the end. Ctrl-C leaves what is left to: nexus runs resume\n`)
  const interrupted = Promise.withResolvers<void>()
  const stopListening = io.onInterrupt(interrupted.resolve)
  await Promise.race([connection.idle(), interrupted.promise])
  stopListening()
}

/** Shows a run until it ends; Ctrl-C cancels it. With `quiet` nothing is shown. */
export async function follow(
  connection: Connection,
  live: Following,
  io: Terminal,
  quiet: boolean,
): Promise<RunRecord> {
  const stopShowing = quiet ? (): void => {} : showLive(live, io, systemClock)
  const stopListening = io.onInterrupt(() => live.cancel())
  try {
    await live.ended.catch(unlessSuspended)
  } finally {
    stopListening()
    stopShowing()
  }
  return connection.runs.get(live.id)
}

/** Somebody suspended it meanwhile: its record says so. */
function unlessSuspended(error: unknown): void {
  if (!(error instanceof Suspending)) throw error
}

export function exitCodeOf({ status }: RunRecord): number {
  if (status === 'completed') return exitCodes.completed
  return status === 'faulted' ? exitCodes.faulted : exitCodes.cancelled
}

/** The end of a run for people: how it ended, where it failed in the document, what came out. */
export function summaryOf(record: RunRecord, io: Terminal, workflow?: CheckedWorkflow): string {
  if (record.ended_at === null) return stoppedSummary(record, io)
  const took = Date.parse(record.ended_at) - Date.parse(record.started_at ?? record.ended_at)
  const head = `${statusSign(io, record.status)} ${plain(record.workflow.name)} ${statusWord(io, record.status)} in ${formatDuration(took)}  ${io.style('dim', `run ${record.id}`)}\n`
  if (record.error) return `\n${head}${faultOf(record, io, workflow)}`
  return record.status === 'completed' ? `\n${head}${formatJson(record.output)}\n` : `\n${head}`
}

function stoppedSummary({ id, status, workflow }: RunRecord, io: Terminal): string {
  const next = status === 'suspended' ? `\nIt goes on with: nexus runs resume ${id}` : ''
  return `\n${statusSign(io, status)} ${plain(workflow.name)} is ${statusWord(io, status)}  ${io.style('dim', `run ${id}`)}${next}\n`
}

function faultOf({ error }: RunRecord, io: Terminal, workflow: CheckedWorkflow | undefined): string {
  const pointer = error?.instance ?? '/'
  const { line, column } = workflow?.positionOf(pointer).start ?? {}
  const where = workflow ? ` (${workflow.file}:${line}:${column})` : ''
  const title = plain(`${error?.title ?? 'Error'} ${error?.status ?? ''}`.trim())
  return [
    `  ${io.style('red', title)}: ${indented(error?.detail ?? error?.type ?? '')}`,
    `  at ${plain(pointer)}${where}`,
    '',
  ].join('\n')
}
