/**
 * `npm start`: runs the example in front of you, then serves, so that you can look at what ran. It serves the data set on
 * a free port of this machine, runs the workflow with the nexus command, and says where the report is. It leaves the
 * report and the record of the run.
 *
 * Where nobody watches (no terminal, as in CI) it ends after the example and says how to serve. `npm start -- --serve`
 * and NEXUS_START=serve serve in any case, NEXUS_START=once never; what else is given goes to `nexus start`.
 */
import { main } from '@nexus/cli'
import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { serveDataSets } from './data_server.ts'

const here = import.meta.dirname
const folder = join(here, 'out')
const given = process.argv.slice(2)
const options = given.filter((each) => each !== '--serve')
const asked = given.length > 0 || process.env['NEXUS_START'] === 'serve'
const watched = process.stdout.isTTY && process.env['NEXUS_START'] !== 'once'

process.exitCode = await runExample()
if (process.exitCode === 0) {
  sayWhatThereIs()
  if (asked || watched) await serve()
}

async function runExample(): Promise<number> {
  const server = await serveDataSets()
  try {
    const input = JSON.stringify({ data: server.url('weather.csv'), folder })
    return await main(['run', join(here, 'workflow.yaml'), '--input', input, ...dataOption()])
  } finally {
    await server.close()
  }
}

/** The run is kept where the server then looks. */
function dataOption(): readonly string[] {
  const at = options.indexOf('--data')
  return at === -1 ? [] : options.slice(at, at + 2)
}

function sayWhatThereIs(): void {
  const report = join(folder, 'report.md')
  if (!existsSync(report)) return
  process.stdout.write(`
The report is in ${relative(process.cwd(), report)}; its chart is rain.svg beside it.
Look at the run again:    npx nexus runs list
Run a workflow of yours:  npx nexus run FILE
${asked || watched ? '' : 'Serve over HTTP:          npx nexus start   (or: npm start -- --serve)\n'}
`)
}

/** Until Ctrl-C. Where nobody asked for it by name, the example has done its work even if the port is taken. */
async function serve(): Promise<void> {
  const code = await main(['start', ...options])
  if (asked) process.exitCode = code
  else if (code !== 0)
    process.stdout.write('The example is done all the same. Serve later with: npx nexus start\n')
}
