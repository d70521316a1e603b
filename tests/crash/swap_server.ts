/**
 * The server that dies in the middle of a swap: it serves over HTTP, and kills itself after the step of a swap that it is
 * told, once it is asked for one. It says its address.
 */
import { openNexus } from '@nexus/nexus'
import { serve } from '@nexus/server'
import { join } from 'node:path'

const [folder = '', host = 'in_process', dieAfter] = process.argv.slice(2)

let up = false
const nexus = await openNexus({
  data: join(folder, 'data'),
  modules: [join(folder, 'v1')],
  trust: host === 'in_process' ? [folder] : [],
  stepped: (step) => {
    if (up && step === dieAfter) process.kill(process.pid, 'SIGKILL')
  },
})
const served = await serve({ nexus, port: 0 })
await nexus.start()
up = true
process.stdout.write(`${served.url}\n`)
process.once('SIGTERM', () => void served.close().then(() => nexus.close()))
