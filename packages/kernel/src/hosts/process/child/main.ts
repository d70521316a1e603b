/**
 * What the Node process of a module runs. It opens the connection, says `hello`, and works until the connection ends.
 * Bundled into one file with the SDK; see `runtime.ts`.
 */
import { Socket } from 'node:net'
import { Peer } from '../peer.ts'
import { protocolVersion } from '../protocol.ts'
import { ModuleServer } from './module_server.ts'
import { forbidSignals, reportRejections } from './process_rights.ts'

/** Standard input, output and error are the module's own: what it prints is no message. */
const connection = 3

const socket = new Socket({ fd: connection, readable: true, writable: true })
const server = new ModuleServer()
const peer = new Peer({
  input: socket,
  output: socket,
  answer: (method, params, id) => server.answer(method, params, id),
  hear: (method, params) => server.hear(method, params),
  encode: (thrown) => server.encode(thrown),
  broken: () => process.exit(1),
})
server.connect(peer)
// Without a host there is nothing left to do, and nobody to say so to.
socket.on('end', () => process.exit(0))
socket.on('error', () => process.exit(0))
forbidSignals()
reportRejections((message) => peer.notify('log', { level: 'error', message }))
peer.notify('hello', { protocol: protocolVersion, runtime: `node ${process.versions.node}` })
