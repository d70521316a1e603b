/**
 * The process that the crash tests kill: runs a document, or resumes what an earlier one left, and prints how it ended.
 * With `--kill-after n` it kills itself, without any warning to anybody, at the n-th event that is on disk.
 */
import { openNexus, type LiveRun, type Nexus } from '@nexus/nexus'
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '' },
    document: { type: 'string', default: '' },
    input: { type: 'string', default: '{}' },
    'kill-after': { type: 'string' },
  },
})

const nexus = await openNexus({
  data: values.data,
  modules: [join(import.meta.dirname, '../modules')],
  trust: [join(import.meta.dirname, '../modules')],
  workflows: [dirname(values.document)],
})
const live = await begin(nexus)
if (live) {
  if (values['kill-after'] !== undefined) killAfter(live, Number(values['kill-after']))
  process.stdout.write('begun\n')
  await live.ended
}
await nexus.idle()
const first = (await nexus.runs.list()).at(-1)
const record = await nexus.runs.get(first?.id ?? '')
process.stdout.write(
  `${JSON.stringify({ status: record.status, output: record.output, error: record.error })}\n`,
)
await nexus.close()

/** Goes on with what is unfinished; begins a run where there is none at all. */
async function begin(nexus: Nexus): Promise<LiveRun | undefined> {
  const runs = await nexus.start()
  if (runs[0]) return runs[0]
  if ((await nexus.runs.list()).length > 0) return undefined
  const text = readFileSync(values.document, 'utf8')
  return nexus.run(nexus.check(text, values.document), JSON.parse(values.input))
}

function killAfter(live: LiveRun, events: number): void {
  let left = events
  live.listen(() => {
    if (--left <= 0) process.kill(process.pid, 'SIGKILL')
  })
}
