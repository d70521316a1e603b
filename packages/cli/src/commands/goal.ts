/**
 * `nexus goal "…"`: plans what is wanted in words, shows the plan, runs it and shows what comes out; or only plans it.
 */
import { goalDocument, planDocument, planIn, type GoalInput, type RunRecord } from '@nexus/nexus'
import { goalEvents, isJsonObject, NexusError, type Json } from '@nexus/sdk'
import type { Command } from 'commander'
import { withConnection, type Connection, type Following } from '../connection.ts'
import { exitCodes, type Shell } from '../main.ts'
import { showGoal } from '../output/goal_view.ts'
import { planView } from '../output/plan_view.ts'
import type { Terminal } from '../output/terminal.ts'
import { dataArgument, signalCommand } from './answering.ts'
import { dataFolder, dataOption, jsonOption, readJson } from './options.ts'
import { refuseInvalid } from './refusal.ts'
import { exitCodeOf, summaryOf, waitForOthers } from './run.ts'

interface GoalOptions {
  readonly plan?: boolean
  readonly approve?: boolean
  readonly yes?: boolean
  readonly context?: string
  readonly constraints?: string
  readonly expect?: string
  readonly maxSteps?: number
  readonly json?: boolean
  readonly data?: string
}

export function addGoalCommand(program: Command, shell: Shell): void {
  program
    .command('goal <words...>')
    .description('plan a goal in words and run the plan')
    .option('--plan', 'show the plan, what it reaches and what it may take, and run nothing')
    .option('--approve', 'show the plan and wait for a yes before it runs')
    .option('--yes', 'say yes to whatever is asked')
    .option('--context <json>', 'what is known: JSON, @file, or - for standard input')
    .option(
      '--constraints <json>',
      'bounds, as JSON, @file, or -: max_retries (2), max_replans (2), depth (3), budget {tokens, usd}, limits {memory_mb, duration_ms, cost_usd}, ask_human; anything else is for the planner',
    )
    .option('--expect <expression>', 'an expression that must be true of the outcome')
    .option('--max-steps <count>', 'how many tasks the plans may have', readCount)
    .option(...jsonOption)
    .option(...dataOption)
    .addHelpText(
      'after',
      `
Examples:
  nexus goal "read sales.csv and sum amount by city"
  nexus goal --plan "fetch https://example.com/users.json and count them"
  nexus goal --expect 'length > 0' "read sales.csv"

Exit codes: 0 it came to its answer, 1 it did not, 2 bad usage, 130 cancelled.`,
    )
    .action((words: string[], options: GoalOptions) => goal(words.join(' '), options, shell))
}

function readCount(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw new NexusError('bad_input', `--max-steps is a whole number from 1; it was ${text}.`)
}

async function goal(words: string, options: GoalOptions, { io, exit }: Shell): Promise<void> {
  const input = await inputOf(words, options, io)
  await withConnection(
    { data: dataFolder(options.data), warn: (text) => io.err(text) },
    async (connection) => {
      exit(await (options.plan ? showPlan : pursue)(connection, input, options, io))
    },
  )
}

async function inputOf(words: string, options: GoalOptions, io: Terminal): Promise<GoalInput> {
  if (words.trim() === '')
    throw new NexusError('bad_input', 'The goal is empty. Try: nexus goal "count the lines of notes.txt"')
  const { context, expect, maxSteps, approve } = options
  const given = await readJson(options.constraints, io, '--constraints')
  if (!isJsonObject(given)) throw new NexusError('bad_input', '--constraints is a JSON object.')
  const constraints = { ...given, ...(expect !== undefined && { expect }), ...(approve && { approve: true }) }
  return {
    goal: words,
    constraints,
    ...(context !== undefined && { context: await readJson(context, io, '--context') }),
    ...(maxSteps !== undefined && { max_steps: maxSteps }),
  }
}

async function begin(connection: Connection, document: string, input: GoalInput): Promise<Following> {
  const workflow = await connection.check(document, 'goal')
  refuseInvalid(workflow)
  return connection.run(workflow, { ...input })
}

async function pursue(
  connection: Connection,
  input: GoalInput,
  options: GoalOptions,
  io: Terminal,
): Promise<number> {
  const live = await begin(connection, goalDocument, input)
  const quiet = options.json === true
  let refused: NexusError | undefined
  const stopShowing = showGoal(connection, live, quiet ? silent(io) : io, {
    answer: (question) => answer(question, options, io),
    unanswered(question, run) {
      const command = signalCommand(run, goalEvents.answered, { approve: true }, options.data)
      if (connection.server !== undefined) return io.err(`${question} It waits for: ${command}\n`)
      refused = nobodyAnswers(question, run, options)
      live.cancel()
    },
    yaml: options.approve === true,
  })
  const stopListening = io.onInterrupt(() => live.cancel())
  try {
    await live.ended.catch(() => {}) // how it ended is in its record
  } finally {
    stopListening()
    await stopShowing()
  }
  if (refused) throw refused
  const record = await connection.runs.get(live.id)
  if (quiet) io.json({ ...record, plan: planIn(record.tasks) })
  else io.out(summaryOf(record, io))
  await waitForOthers(connection, io)
  return exitCodeOf(record)
}

/** Without a server this process holds the data directory, so that nobody else could answer either. */
function nobodyAnswers(question: string, run: string, { data }: GoalOptions): NexusError {
  const next = `Try again with --yes, or with the answer piped in (echo y | nexus goal …); or begin nexus start${dataArgument(data)} first, and answer with nexus runs signal`
  const message = `${question} Nobody can answer: standard input has no line, and no server is up. So run ${run} was cancelled. ${next}.`
  return new NexusError('nobody_answers', message)
}

/** Asks a person where there is one; `--yes` says yes. */
async function answer(question: string, { yes }: GoalOptions, io: Terminal): Promise<boolean | undefined> {
  if (yes === true) return true
  const line = await io.ask(`${question} [y/N] `)
  return line === undefined ? undefined : /^y(?:es)?$/i.test(line.trim())
}

/** A terminal to which nothing is written: with `--json` only the one document is. */
function silent(io: Terminal): Terminal {
  return { ...io, out() {}, status() {}, columns: io.columns, interactive: false }
}

async function showPlan(
  connection: Connection,
  input: GoalInput,
  options: GoalOptions,
  io: Terminal,
): Promise<number> {
  const live = await begin(connection, planDocument, input)
  await live.ended.catch(() => {})
  const record = await connection.runs.get(live.id)
  if (record.status !== 'completed') {
    if (options.json) io.json(refusedPlan(record))
    if (options.json) io.err(summaryOf(record, io))
    else io.out(summaryOf(record, io))
    return exitCodeOf(record)
  }
  if (options.json) io.json(record.output)
  else io.out(planned(record.output, io))
  return exitCodes.completed
}

/** In the shape of whatever else is refused; the run that planned it can be shown by its id. */
function refusedPlan({ id, status, error }: RunRecord): object {
  const message = error?.detail ?? error?.title ?? `The planning was ${status}.`
  return { run: id, status, error, problems: [{ severity: 'error', code: 'planning_failed', message }] }
}

function planned(output: Json, io: Terminal): string {
  const { plan = {}, estimate = null } = isJsonObject(output) ? output : {}
  return planView({ ...(isJsonObject(plan) && plan), estimate }, io, { yaml: true })
}
