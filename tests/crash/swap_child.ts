/**
 * The process that dies in the middle of a swap: brings a new version of a module in while a run is in flight, and kills
 * itself after the step that it is told; without one it goes on with what was left, and says how it ended and what serves.
 */
import { openNexus } from '@nexus/nexus'
import { join } from 'node:path'

const [folder = '', dieAfter] = process.argv.slice(2)

let swapping = false
const nexus = await openNexus({
  data: join(folder, 'data'),
  modules: [join(folder, 'v1')],
  trust: [folder],
  stepped: (step) => {
    if (swapping && step === dieAfter) process.kill(process.pid, 'SIGKILL')
  },
})
const approval = { listen: { to: { one: { with: { type: 'go' } } } } }
const tell = { call: 'tell', with: {} }
const document = {
  document: { dsl: '1.0.3', namespace: 'test', name: 'swap', version: '1.0.0' },
  do: [{ first: tell }, { approve: { if: '$workflow.input.waits == true', ...approval } }, { last: tell }],
}

if (dieAfter !== undefined) {
  const live = await nexus.run(nexus.check(JSON.stringify(document)), { waits: true })
  await new Promise<void>((resolve) => live.listen((event) => event.type === 'listen.begun' && resolve()))
  swapping = true
  await nexus.modules.change({ folders: [join(folder, 'v2/executors/teller')] })
  process.kill(process.pid, 'SIGKILL')
}
const [live] = await nexus.start()
if (live) await nexus.runs.signal(live.id, { type: 'go' })
const ended = await live?.ended
const after = await nexus.run(nexus.check(JSON.stringify(document)), {})
const { generation } = nexus.modules
process.stdout.write(`${JSON.stringify({ generation, resumed: ended, after: await after.ended })}\n`)
await nexus.close()
