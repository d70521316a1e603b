/**
 * Serves the data sets of the vega-datasets package over HTTP, on a free port of this machine.
 */
import { once } from 'node:events'
import { createReadStream, existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export interface DataServer {
  /** The address of a data set. */
  url(file: string): string
  close(): Promise<void>
}

/** The package's entry is in its `build` folder, the data sets lie in `data` beside it. */
const folder = join(dirname(fileURLToPath(import.meta.resolve('vega-datasets'))), '..', 'data')
const types: Readonly<Record<string, string>> = { csv: 'text/csv; charset=utf-8', json: 'application/json' }

export async function serveDataSets(): Promise<DataServer> {
  const server = createServer((request, response) => {
    const file = join(folder, basename(request.url ?? ''))
    const type = types[file.split('.').at(-1) ?? '']
    if (type === undefined || !existsSync(file)) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such data set.\n')
      return
    }
    response.writeHead(200, { 'content-type': type })
    createReadStream(file).pipe(response)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: (file) => `http://127.0.0.1:${port}/${file}`,
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
