/**
 * Local stand-ins for the hosts that the conformance test kit names: a pet store and an echo of basic authentication.
 */
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Hosts {
  /** The text with every address of a foreign host turned to the local one. */
  localize(text: string): string
  close(): Promise<void>
}

const names = ['petstore.swagger.io', 'httpbin.org'] as const

export async function startHosts(): Promise<Hosts> {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    localize: (text) =>
      names.reduce((left, name) => left.replaceAll(`https://${name}`, `${base}/${name}`), text),
    async close() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}

const pet = (id: number): object => ({ id, name: `pet ${id}`, status: 'available', photoUrls: [] })

/** The pet store's description in OpenAPI 2.0, with itself as the host. */
function petStore({ host, pathname }: URL): object {
  const operation = (operationId: string, parameter: object): object => ({
    get: {
      operationId,
      parameters: [{ required: true, ...parameter }],
      responses: { 200: { description: 'ok' } },
    },
  })
  const status = { name: 'status', in: 'query', type: 'array', items: { type: 'string' } }
  return {
    swagger: '2.0',
    info: { title: 'A pet store of this machine', version: '1' },
    host,
    basePath: pathname.slice(0, pathname.lastIndexOf('/')),
    schemes: ['http'],
    paths: {
      '/pet/findByStatus': operation('findPetsByStatus', { ...status, collectionFormat: 'multi' }),
      '/pet/{petId}': operation('getPetById', { name: 'petId', in: 'path', type: 'integer' }),
    },
  }
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', `http://${request.headers.host}`)
  const [, host, ...path] = url.pathname.split('/')
  const json = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }
  if (host === 'httpbin.org' && path[0] === 'basic-auth') {
    const wanted = `Basic ${btoa(`${path[1]}:${path[2]}`)}`
    return request.headers.authorization === wanted ? json(200, { authenticated: true }) : json(401, {})
  }
  if (path.at(-1) === 'swagger.json') return json(200, petStore(url))
  if (path.at(-1) === 'findByStatus') return json(200, [pet(1), pet(2)])
  const [kind, id] = path.slice(-2)
  return kind === 'pet' && Number(id) > 0
    ? json(200, pet(Number(id)))
    : json(404, { message: 'Pet not found' })
}
