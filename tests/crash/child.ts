/**
 * The process that the crash tests kill: runs a document, or resumes what an earlier one left, and prints how it ended.
 * With `--kill-after n` it kills itself, without any warning to anybody, at the n-th event that is on disk.
 */
import { openNexus, unfinishedStatuses, type LiveRun, type Nexus } from '@nexus/nexus'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: '' },
    document: { type: 'string', default: '' },
    input: { type: 'string', default: '{}' },
    'kill-after': { type: 'string' },
  },
})

const nexus = await openNexus({ data: values.data, modules: [join(import.meta.dirname, '../modules')] })
const live = await begin(nexus)
if (live) {
  if (values['kill-after'] !== undefined) killAfter(live, Number(values['kill-after']))
  process.stdout.write('begun\n')
  await live.ended
}
const [newest] = await nexus.runs.list({ limit: 1 })
const record = await nexus.runs.get(newest?.id ?? '')
process.stdout.write(
  `${JSON.stringify({ status: record.status, output: record.output, error: record.error })}\n`,
)
await nexus.close()

/** Resumes the unfinished run if there is one; begins one where there is none at all. */
async function begin(nexus: Nexus): Promise<LiveRun | undefined> {
  const [unfinished] = await nexus.runs.list({ statuses: unfinishedStatuses })
  if (unfinished) return nexus.runs.resume(unfinished.id)
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
