/**
 * The process that is measured: a Nexus with its server, whose one module is swapped from outside. It says its address,
 * and answers what only it knows about itself.
 */
import { openNexus } from '@nexus/nexus'
import { serve } from '@nexus/server'
import { join } from 'node:path'

const [folder = '', host = 'in_process', setupMsMax = '200'] = process.argv.slice(2)

const nexus = await openNexus({
  data: join(folder, 'data'),
  modules: [join(folder, 'modules')],
  trust: host === 'in_process' ? [folder] : [],
  deadlines: { setupMsMax: Number(setupMsMax) },
})
const served = await serve({ nexus, port: 0 })

process.on('message', (asked) => void answer(asked))
process.send?.({ url: served.url })

async function answer(asked: unknown): Promise<void> {
  switch (asked) {
    case 'memory':
      globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' })
      return void process.send?.({ heap: process.memoryUsage().heapUsed, rss: process.memoryUsage().rss })
    case 'settle':
      await nexus.modules.settled()
      return void process.send?.({ settled: true })
    case 'end':
      await served.close()
      await nexus.close()
      process.disconnect?.()
      return
  }
}
