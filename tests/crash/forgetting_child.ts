/**
 * A process that fills a data directory with ended runs, says so, and forgets them, until somebody kills it.
 */
import { openEmbedded } from '@nexus/engine'
import { systemClock } from '@nexus/sdk'

const [folder = '', runs = '0', events = '0'] = process.argv.slice(2)
const backend = openEmbedded({ folder, clock: systemClock })
const workflow = { namespace: 'test', name: 'forgotten', version: '1.0.0' }
const known = new Set((await backend.list()).map(({ id }) => id))
for (let number = 0; number < Number(runs); number++) {
  const id = `r${number}`
  if (known.size > 0) break
  const run = await backend.create({ id, workflow, document: `do: [${number % 7}]`, input: { number } })
  for (let event = 0; event < Number(events); event++) run.keep('/a', event)
  if (number > 0) await run.end({ status: 'completed', output: null })
}
process.stdout.write('forgetting\n')
await backend.forget({ endedBefore: { completed: systemClock.now() + 1_000 } })
await backend.close()
