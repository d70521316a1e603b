/**
 * The process that the crash tests of goals kill: pursues the goals of a document, or goes on with what an earlier life
 * left; answers what a person is asked, and prints how it ended. With `--kill-after n` it kills itself, without any warning
 * to anybody, at the n-th event of the goals and of what they run that is on disk.
 */
import { openNexus, type LiveRun } from '@nexus/nexus'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { goalDocument, listenerDocument, told } from './goal_world.ts'

const { values } = parseArgs({
  options: {
    folder: { type: 'string', default: '' },
    model: { type: 'string', default: '' },
    'kill-after': { type: 'string' },
  },
})
const { folder } = values

let events = 0
const killAfter = Number(values['kill-after'] ?? Infinity)

const nexus = await openNexus({
  data: join(folder, 'data'),
  modules: [join(folder, 'modules')],
  trust: [folder],
  secrets: { get: async () => undefined },
  config: { openai_integration: { base_url: values.model, model: 'tiny' } },
  runBegan: watch,
})
await nexus.start()
await begin('listener', listenerDocument(told.length))
await begin('goals', goalDocument(join(folder, 'ledger')))
await nexus.idle()
const runs = await nexus.runs.list()
const [goals, listener] = await Promise.all(
  ['goals', 'listener'].map(async (name) => {
    const run = runs.find(({ workflow }) => workflow.name === name)
    const { status, output, error } = await nexus.runs.get(run?.id ?? '')
    return { status, output, error }
  }),
)
process.stdout.write(`${JSON.stringify({ ended: goals, told: listener?.output, events })}\n`)
await nexus.close()

/** Accepted once, in whichever life. */
async function begin(key: string, document: string): Promise<void> {
  if ((await nexus.runs.keyed(key)) === undefined) await nexus.run(nexus.check(document), {}, { key })
}

function watch(run: LiveRun): void {
  if (run.workflow.name === 'listener') return
  run.listen((event) => {
    if (event.type === 'listen.begun') void answer(run.id, event.path)
    if (++events === killAfter) process.kill(process.pid, 'SIGKILL')
  })
  void answerOpen(run.id)
}

/** What an earlier life was asked, and perhaps answered. */
async function answerOpen(run: string): Promise<void> {
  const { tasks } = await nexus.runs.get(run)
  for (const { kind, status, path } of tasks)
    if (kind === 'event.await' && status !== 'completed') await answer(run, path)
}

/** The same event is accepted once, from whichever life. */
async function answer(run: string, path: string): Promise<void> {
  const data = { approve: true, say: 'use the small one' }
  await nexus.runs.signal(run, { id: path, type: 'io.nexus.goal.answered.v1', data })
}
