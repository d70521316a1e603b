/**
 * `nexus estimates`: how well what was estimated held, for whole runs and for each capability.
 */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import type { Command } from 'commander'
import { withConnection } from '../connection.ts'
import type { Shell } from '../main.ts'
import { table } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { dataFolder, dataOption, jsonOption } from './options.ts'
import { refuseInvalid } from './refusal.ts'
import { exitCodeOf, summaryOf } from './run.ts'

interface Options {
  readonly json?: boolean
  readonly data?: string
}

/** Asks the module that keeps count. */
const calibrationDocument = `document: { dsl: '1.0.3', namespace: nexus, name: estimates, version: '1.0.0' }
do:
  - calibration: { call: resources.calibration, with: {} }
`

export function addEstimatesCommand(program: Command, shell: Shell): void {
  program
    .command('estimates')
    .description('show how well estimates held: the shares of outcomes within p50 and within p90')
    .option(...jsonOption)
    .option(...dataOption)
    .addHelpText(
      'after',
      '\nA plan is estimated before it runs, and compared with what it took. Of good estimates about 50 % are within p50, 90 % within p90.',
    )
    .action((options: Options) => estimates(options, shell))
}

async function estimates({ json, data }: Options, { io, exit }: Shell): Promise<void> {
  await withConnection({ data: dataFolder(data) }, async (connection) => {
    const workflow = await connection.check(calibrationDocument, 'estimates')
    refuseInvalid(workflow)
    const live = await connection.run(workflow, {})
    await live.ended.catch(() => {}) // how it ended is in its record
    const record = await connection.runs.get(live.id)
    const isDone = record.status === 'completed'
    if (isDone) await connection.runs.remove(live.id) // it is no work of anybody's, and stays out of their lists
    if (json === true) io.json(isDone ? record.output : record)
    else io.out(isDone ? told(record.output, io) : summaryOf(record, io))
    exit(exitCodeOf(record))
  })
}

function told(output: Json, io: Terminal): string {
  const { runs = {}, tasks = {}, capabilities = [] } = isJsonObject(output) ? output : {}
  if (!isJsonObject(runs) || !isJsonObject(tasks) || (runs['count'] === 0 && tasks['count'] === 0))
    return 'Nothing has been compared yet: a goal is estimated once what it does has run here before.\n'
  const each = (Array.isArray(capabilities) ? (capabilities as Json[]) : []).filter(isJsonObject)
  return table(
    io,
    ['WHAT', 'COUNT', 'WITHIN P50', 'WITHIN P90'],
    [
      rowOf('whole runs', runs),
      rowOf('all tasks', tasks),
      ...each.map((counts) =>
        rowOf(typeof counts['capability'] === 'string' ? counts['capability'] : '', counts),
      ),
    ],
  )
}

function rowOf(what: string, { count, within_p50: p50, within_p90: p90 }: JsonObject): string[] {
  const percent = (share: Json | undefined): string =>
    typeof share === 'number' ? `${Math.round(share * 1_000) / 10} %` : '-'
  return [what, String(Number(count)), percent(p50), percent(p90)]
}
