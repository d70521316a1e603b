/**
 * Starts two modules in a process host over argv[2], one in Node and one in Python, both too busy to notice anything; prints their
 * process ids as JSON once they are at work, and stays until it is killed.
 */
import { tmpdir } from 'node:os'
import type { HostedModule } from '@nexus/kernel'
import { openPolicy, systemClock, type Json } from '@nexus/sdk'
import { digestOf } from '../../src/artifact.ts'
import { processHost } from '../../src/hosts/process.ts'
import { packPython } from '../../src/hosts/process/python_artifact.ts'
import { task } from './task.ts'

const javascript = `exports.Module = class {
  async execute(context) { await context.call('began', process.pid); for (;;); }
}`
const python = packPython({
  'main.py': `import os
class Module:
    async def execute(self, context):
        await context.call("began", os.getpid())
        while True: pass
`,
})

const host = processHost({ folder: process.argv[2] ?? tmpdir() })
const pids: Json[] = []
for (const code of [javascript, python]) {
  const instance = await host.start(hostedModule(code, code === python ? 'main.py' : 'main.js'))
  const began = Promise.withResolvers<void>()
  void instance.execute(
    task(null, {
      calls: {
        began(pid) {
          pids.push(pid)
          began.resolve()
          return null
        },
      },
    }),
  )
  await began.promise
}
process.stdout.write(`${JSON.stringify(pids)}\n`)

function hostedModule(code: string, main: string): HostedModule {
  const silent = (): void => {}
  return {
    manifest: {
      id: 'busy',
      version: '1.0.0',
      type: 'executor',
      name: 'Busy',
      description: 'Never stops.',
      entry_points: { main },
    },
    artifact: { digest: digestOf(code), code },
    config: {},
    folder: tmpdir(),
    clock: systemClock,
    log: { debug: silent, info: silent, warn: silent, error: silent },
    secrets: { get: async () => '' },
    policy: openPolicy,
    deadlines: { setupMsMax: 10_000, teardownMsMax: 1_000 },
  }
}
