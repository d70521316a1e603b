/**
 * `npm start`: runs the example in front of you. It serves the data set on a free port of this machine, runs the
 * workflow with the nexus command, and says where the report is. It leaves the report and the record of the run.
 */
import { main } from '@nexus/cli'
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { serveDataSets } from './data_server.ts'

const here = import.meta.dirname
const folder = join(here, 'out')
const server = await serveDataSets()
try {
  const input = JSON.stringify({ data: server.url('weather.csv'), folder })
  process.exitCode = await main(['run', join(here, 'workflow.yaml'), '--input', input])
} finally {
  await server.close()
}
const report = join(folder, 'report.md')
if (process.exitCode === 0 && existsSync(report)) {
  process.stdout.write(`
The report is in ${relative(process.cwd(), report)}; its chart is rain.svg beside it.
Look at the run again:    npx nexus runs list
Run a workflow of yours:  npx nexus run FILE
`)
}
