/**
 * `nexus runs remove|prune`: what is no longer needed goes for good. What is under way is never touched.
 */
import type { Forgotten } from '@nexus/api'
import { durationMs, expiredBy, type Forgetting } from '@nexus/nexus'
import { NexusError, systemClock, TaskFault } from '@nexus/sdk'
import type { Command } from 'commander'
import { withConnection } from '../connection.ts'
import type { Shell } from '../main.ts'
import type { Terminal } from '../output/terminal.ts'
import { dataFolder, dataOption, jsonOption, workspaceHere } from './options.ts'
import { runIdOf } from './run_id.ts'

const endedStatuses = ['completed', 'faulted', 'cancelled'] as const

interface RemoveOptions {
  readonly data?: string
  readonly json?: boolean
}

interface PruneOptions extends RemoveOptions {
  readonly olderThan?: string
  readonly status?: readonly string[]
  readonly events?: boolean
  readonly dryRun?: boolean
}

export function addForgetCommands(runs: Command, shell: Shell): void {
  runs
    .command('remove <id>')
    .description('remove an ended run for good, with all that belongs to it')
    .option(...jsonOption)
    .option(...dataOption)
    .action((id: string, options: RemoveOptions) => remove(id, options, shell))
  runs
    .command('prune')
    .description(
      'remove old runs for good: those that nexus.yaml keeps no longer (retention), or the older ones',
    )
    .option(
      '--older-than <duration>',
      'that ended longer ago, such as P30D or PT12H, in the place of nexus.yaml',
    )
    .addOption(
      runs
        .createOption('--status <status...>', 'only those that ended so (default: all)')
        .choices(endedStatuses),
    )
    .option('--events', 'with --older-than: also the accepted events of before')
    .option('--dry-run', 'only say what would go')
    .option(...jsonOption)
    .option(...dataOption)
    .action((options: PruneOptions) => prune(options, shell))
}

async function remove(given: string, options: RemoveOptions, { io }: Shell): Promise<void> {
  const id = await runIdOf(given, options.data)
  await withConnection({ data: dataFolder(options.data) }, async ({ runs }) => {
    tell(await runs.remove(id), options, io)
  })
}

async function prune(options: PruneOptions, { io }: Shell): Promise<void> {
  const what = { ...expired(options), dryRun: options.dryRun === true }
  await withConnection({ data: dataFolder(options.data) }, async ({ runs }) => {
    tell(await runs.prune(what), options, io)
  })
}

function expired({ olderThan, status = endedStatuses, events }: PruneOptions): Forgetting {
  const now = systemClock.now()
  if (olderThan !== undefined) {
    const keptMs = readDuration(olderThan)
    const kept = Object.fromEntries(status.map((each) => [each, keptMs]))
    return expiredBy(events === true ? { ...kept, events: keptMs } : kept, now)
  }
  const { retention = {} } = workspaceHere().options({ by: 'person', environment: process.env })
  const chosen = Object.entries(retention).filter(([each]) => each === 'events' || status.includes(each))
  if (chosen.length > 0) return expiredBy(Object.fromEntries(chosen), now)
  throw new NexusError(
    'bad_input',
    'Nothing says what is old: nexus.yaml has no retention for that. Try: nexus runs prune --older-than P30D',
  )
}

function readDuration(text: string): number {
  try {
    return durationMs(text)
  } catch (error) {
    if (!(error instanceof TaskFault)) throw error
    throw new NexusError(
      'bad_input',
      `--older-than is a duration such as P30D, PT12H or P1DT6H; it was ${text}.`,
    )
  }
}

function tell(gone: Forgotten, { json, ...options }: PruneOptions, io: Terminal): void {
  if (json === true) return io.json(gone)
  const what = `${counted(gone.runs, 'run')}, ${counted(gone.events, 'event')}`
  if (options.dryRun === true) return io.out(`Would remove ${what}. Nothing was removed.\n`)
  const size = gone.blobs === 0 ? '' : ` (${(gone.blob_bytes / 1_000_000).toFixed(1)} MB)`
  io.out(`Removed ${what} and ${counted(gone.blobs, 'blob')}${size}.\n`)
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`
}
