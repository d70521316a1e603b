/**
 * A server with short deadlines, for modules that never come to an end. It says its address.
 */
import { openNexus } from '@nexus/nexus'
import { serve } from '@nexus/server'

const [data = '', modules = ''] = process.argv.slice(2)
const write = (message: string): void => void process.stderr.write(`${message}\n`)

const nexus = await openNexus({
  data,
  modules: [modules],
  deadlines: { setupMsMax: 3_000, teardownMsMax: 1_000 },
  log: { debug: write, info: write, warn: write, error: write },
})
const served = await serve({ nexus, port: 0 })
process.stdout.write(`${served.url}\n`)
process.once('SIGTERM', () => void served.close().then(() => nexus.close()))
