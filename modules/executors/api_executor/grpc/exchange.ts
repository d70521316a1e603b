/**
 * One call on a channel: sends the messages, with regard for how fast the service takes them, and collects what comes
 * back, up to a number and a size. Whatever ends it early closes the call, and with the channel the connection.
 */
import { Metadata, type ClientDuplexStream } from '@grpc/grpc-js'
import { TaskFault } from '@nexus/sdk'
import type { ProtocolOptions } from '../protocol_options.ts'
import { inTime } from '../time_limit.ts'
import type { Channel } from './channel.ts'
import type { Method } from './service.ts'
import { faultOf } from './status.ts'

export interface Exchange {
  readonly method: Method
  readonly messages: readonly Buffer[]
  readonly metadata: Readonly<Record<string, string>>
}

type Limits = Pick<ProtocolOptions, 'clock' | 'timeoutMs' | 'signal' | 'responseBytesMax' | 'messagesMax'>
type Stream = ClientDuplexStream<Buffer, Buffer>

/** The messages of the answer, as bytes; of a method that gives no stream, one. */
export async function exchange(
  channel: Channel,
  wanted: Exchange,
  limits: Limits,
): Promise<readonly Buffer[]> {
  const { method } = wanted
  const place = `${method.name} at ${channel.at}`
  const timedOut = (): TaskFault =>
    TaskFault.of('communication', `${place} was not answered in ${limits.timeoutMs} ms (timeout_ms).`, {
      status: 504,
    })
  return inTime(limits, timedOut, async (signal) => {
    const stream = begin(channel, wanted, limits)
    const cancel = (): void => stream.cancel()
    signal.addEventListener('abort', cancel, { once: true })
    // Errors reach the reader; without a listener one that comes after it has left would end the process.
    stream.on('error', () => undefined)
    try {
      const [answers] = await Promise.all([collect(stream, place, limits), sendAll(stream, wanted.messages)])
      if (!method.isServerStream && answers.length !== 1)
        throw TaskFault.of('communication', `${place} gave ${answers.length} messages instead of one.`)
      return answers
    } catch (error) {
      throw faultOf(error, place)
    } finally {
      signal.removeEventListener('abort', cancel)
      stream.cancel()
    }
  })
}

/** On the wire all four kinds are two streams of messages. */
function begin({ client }: Channel, wanted: Exchange, { clock, timeoutMs }: Limits): Stream {
  const metadata = new Metadata()
  for (const [name, value] of Object.entries(wanted.metadata)) metadata.set(name, value)
  const same = (bytes: Buffer): Buffer => bytes
  return client.makeBidiStreamRequest(wanted.method.path, same, same, metadata, {
    deadline: new Date(clock.now() + timeoutMs),
  })
}

/** A service that has answered, or failed, takes nothing more. */
async function sendAll(stream: Stream, messages: readonly Buffer[]): Promise<void> {
  let isOver = false
  let goOn = (): void => undefined
  const over = (): void => {
    isOver = true
    goOn()
  }
  stream.once('status', over).once('error', over)
  stream.on('drain', () => goOn())
  for (const message of messages) {
    if (isOver) return
    if (!stream.write(message)) await new Promise<void>((resolve) => (goOn = resolve))
  }
  stream.end()
}

async function collect(stream: Stream, place: string, limits: Limits): Promise<readonly Buffer[]> {
  const { responseBytesMax, messagesMax } = limits
  const messages: Buffer[] = []
  let sizeBytes = 0
  for await (const message of stream as AsyncIterable<Buffer>) {
    sizeBytes += message.length
    messages.push(message)
    if (sizeBytes > responseBytesMax)
      throw TaskFault.of(
        'communication',
        `${place} gives more than ${responseBytesMax / 1_048_576} MB. Ask for less, or raise max_response_mb.`,
      )
    if (messages.length > messagesMax)
      throw TaskFault.of(
        'communication',
        `${place} gives more than ${messagesMax} messages. Ask for less, or raise max_messages.`,
      )
  }
  return messages
}
