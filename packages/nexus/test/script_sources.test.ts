/** Where a script stands is told the same after a restart: the run keeps it. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { LiveRun } from '../src/index.ts'
import { documentOf, setup } from './world.ts'

const failing = `  - approve: { listen: { to: { one: { with: { type: go } } } } }
  - broken:
      if: \${ $workflow.input.where == "here" }
      run:
        script:
          language: js
          code: |
            const fine = 1

            null.x
  - beside: { run: { script: { language: js, source: { endpoint: 'near.js' } } } }
`

const listens = (live: LiveRun): Promise<void> =>
  new Promise((resolve) => void live.listen(({ type }) => type === 'listen.begun' && resolve()))

test.for([
  ['here', 'shop.yaml:13:13'],
  ['beside', 'near.js:3:3'],
])(
  'a script that stands %s fails at its place in its file, before and after a restart',
  async ([where = '', place]) => {
    await using world = await setup()
    writeFileSync(join(world.folder, 'near.js'), '\n\n  null.x\n')
    const faults: unknown[] = []
    for (const restarts of [false, true]) {
      const { nexus } = world
      const live = await nexus.run(nexus.check(documentOf(failing), 'shop.yaml', world.folder), { where })
      await listens(live)
      const again = restarts ? await world.restart() : nexus
      const resumed = restarts ? await again.runs.resume(live.id) : live
      await again.runs.signal(live.id, { type: 'go' })
      await resumed.ended
      faults.push((await again.runs.get(live.id)).error?.detail)
    }
    expect(faults[0]).toContain(`The script failed at ${place}: TypeError`)
    expect(faults[1]).toBe(faults[0])
  },
)
