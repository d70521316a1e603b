/** A Nexus that is about to be killed: runs one document, or goes on with what an earlier one left, and prints the outcome. */
import { openNexus } from '@nexus/nexus'

const [data = '', config = '{}', document = ''] = process.argv.slice(2)
const nexus = await openNexus({ data, config: { query_executor: JSON.parse(config) } })
const runs = document === '' ? await nexus.start() : [await nexus.run(nexus.check(document), {})]
for (const run of runs) {
  await run.ended
  const { status, output, error } = await nexus.runs.get(run.id)
  process.stdout.write(`${JSON.stringify({ status, output, detail: error?.detail })}\n`)
}
await nexus.close()
