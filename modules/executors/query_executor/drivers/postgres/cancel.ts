/**
 * The cancel request of PostgreSQL, on a connection of its own: it carries the key of the one that it is about, so it is
 * encrypted where that one is. The server answers nothing; it closes when it has told the other.
 */
import { once } from 'node:events'
import { connect, type NetConnectOpts, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'

const cancelRequest = 80_877_102
const tlsRequest = 80_877_103

export interface CancelOptions {
  readonly server: NetConnectOpts
  readonly tls: ConnectionOptions | false
  readonly processId: number
  readonly secretKey: number
  readonly signal: AbortSignal
}

/** Rejects where the server is not reached, or `signal` aborts. */
export async function requestCancel(options: CancelOptions): Promise<void> {
  const { server, tls, processId, secretKey, signal } = options
  const plain = connect(server)
  const abort = (): void => void plain.destroy()
  signal.addEventListener('abort', abort, { once: true })
  try {
    await once(plain, 'connect', { signal })
    const socket = tls === false ? plain : await encrypted(plain, tls, signal)
    const closed = once(socket.resume(), 'close', { signal })
    socket.write(words(16, cancelRequest, processId, secretKey))
    await closed
  } finally {
    signal.removeEventListener('abort', abort)
    plain.destroy()
  }
}

async function encrypted(plain: Socket, tls: ConnectionOptions, signal: AbortSignal): Promise<Socket> {
  plain.write(words(8, tlsRequest))
  const [answer] = (await once(plain, 'data', { signal })) as [Buffer]
  if (answer.toString('latin1') !== 'S') throw new Error('the server does not speak TLS any more')
  const socket = connectTls({ ...tls, socket: plain })
  await once(socket, 'secureConnect', { signal })
  return socket
}

function words(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4)
  numbers.forEach((number, index) => bytes.writeInt32BE(number, index * 4))
  return bytes
}
