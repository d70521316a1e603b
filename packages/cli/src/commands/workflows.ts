/**
 * `nexus workflows add|list|show|remove`: the workflows that are deployed in a data directory. They are found by their
 * names by those that run them, and begun by their schedules while `nexus start` is up.
 */
import type { Workflow } from '@nexus/api'
import { isJsonObject, NexusError, type Json } from '@nexus/sdk'
import type { Command } from 'commander'
import { withConnection, type Connection } from '../connection.ts'
import type { Shell } from '../main.ts'
import { statusSign } from '../output/format.ts'
import { table } from '../output/table.ts'
import { dataFolder, dataOption, jsonOption, readDocument, workflowsOption } from './options.ts'
import { workflowFolders } from './documents.ts'
import { problemsText, refuseInvalid } from './refusal.ts'

interface Options {
  readonly data?: string
  readonly json?: boolean
  readonly workflows?: readonly string[]
}

export function addWorkflowsCommand(program: Command, shell: Shell): void {
  const workflows = program.command('workflows').description('deploy, list and remove workflows')
  workflows
    .command('add <file>')
    .description('deploy a workflow: others run it by its name, and its schedule begins with nexus start')
    .option(...workflowsOption)
    .option(...jsonOption)
    .option(...dataOption)
    .action((file: string, options: Options) => add(file, options, shell))
  workflows
    .command('list')
    .description('list the deployed workflows')
    .option(...jsonOption)
    .option(...dataOption)
    .action((options: Options) => list(options, shell))
  workflows
    .command('show <key>')
    .description('print the document of a deployed workflow (namespace/name:version)')
    .option(...jsonOption)
    .option(...dataOption)
    .action((key: string, options: Options) => show(key, options, shell))
  workflows
    .command('remove <key>')
    .description('remove a deployed workflow (namespace/name:version); runs that it began go on')
    .option(...dataOption)
    .action((key: string, options: Options) => remove(key, options, shell))
}

async function add(file: string, options: Options, { io }: Shell): Promise<void> {
  const text = await readDocument(file, io)
  const workflows = workflowFolders(file, options.workflows)
  await withConnection({ data: dataFolder(options.data), workflows }, async (connection) => {
    const workflow = await connection.check(text, file)
    refuseInvalid(workflow)
    io.err(problemsText(workflow))
    const deployed = await connection.workflows.deploy(workflow)
    if (options.json) return io.json(deployed)
    const next = deployed.schedule ? scheduleNote(connection) : ''
    io.out(`${statusSign(io, 'completed')} ${deployed.key} is deployed.${next}\n`)
  })
}

function scheduleNote({ server }: Connection): string {
  return server === undefined ? ' Its schedule begins with: nexus start' : ' Its schedule has begun.'
}

async function list(options: Options, { io }: Shell): Promise<void> {
  await withConnection({ data: dataFolder(options.data) }, async ({ workflows }) => {
    const deployed = await workflows.list()
    if (options.json) return io.json(deployed)
    if (deployed.length === 0) return io.out('No workflows are deployed. Try: nexus workflows add FILE\n')
    const rows = deployed.map(({ key, schedule, next_at: next }) => [key, scheduleOf(schedule), timeOf(next)])
    io.out(
      table(io, ['WORKFLOW', 'SCHEDULE', 'NEXT'], rows, {
        shorten: ['WORKFLOW', 'SCHEDULE'],
        drop: ['NEXT'],
      }),
    )
  })
}

async function show(key: string, options: Options, { io }: Shell): Promise<void> {
  await withConnection({ data: dataFolder(options.data) }, async ({ workflows }) => {
    const deployed = await workflows.list()
    const found = deployed.find((each) => each.key === key)
    if (!found) {
      const there =
        deployed.length > 0 ? `There are: ${deployed.map((each) => each.key).join(', ')}.` : 'None is.'
      throw new NexusError('workflow_not_found', `No workflow "${key}" is deployed. ${there}`)
    }
    if (options.json) io.json(found)
    else io.document(found.document)
  })
}

async function remove(key: string, options: Options, { io }: Shell): Promise<void> {
  await withConnection({ data: dataFolder(options.data) }, async ({ workflows }) => {
    await workflows.remove(key)
    io.out(`${statusSign(io, 'completed')} ${key} is removed.\n`)
  })
}

function scheduleOf(schedule: Workflow['schedule']): string {
  const { cron, every, after, on } = schedule ?? {}
  return [
    ...(typeof cron === 'string' ? [`cron ${cron}`] : []),
    ...(every === undefined ? [] : [`every ${lengthOf(every)}`]),
    ...(after === undefined ? [] : [`${lengthOf(after)} after the last`]),
    ...(on === undefined ? [] : ['on events']),
  ].join(', ')
}

/** {minutes: 5, seconds: 1} as "5 minutes 1 seconds"; ISO 8601 as it is. */
function lengthOf(duration: Json): string {
  if (!isJsonObject(duration)) return typeof duration === 'string' ? duration : JSON.stringify(duration)
  return Object.entries(duration)
    .map(([unit, count]) => `${JSON.stringify(count)} ${unit}`)
    .join(' ')
}

function timeOf(time: string | null): string {
  return time === null ? '' : time.slice(0, 19).replace('T', ' ')
}
