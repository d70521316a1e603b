/**
 * `call: asyncapi`: publishes a message on a channel that an AsyncAPI document describes, or consumes messages from it.
 * The output is the message that was published, or the list of what was consumed.
 */
import { ModuleResult, TaskFault, type Json } from '@nexus/sdk'
import { maskJson } from '../authentication/mask.ts'
import type { ProtocolCalls, ProtocolOptions } from '../protocol_options.ts'
import { readResource } from '../resource.ts'
import { inTime } from '../time_limit.ts'
import { readAsyncApiCall, type Protocol, type Subscription } from './arguments.ts'
import { serverName, type Connecting, type Connector } from './connector.ts'
import { consume } from './consume.ts'
import { findTarget } from './document.ts'
import { Feed } from './feed.ts'
import { subscribeLasting } from './reconnect.ts'

const connectors: Readonly<Record<Protocol, () => Promise<{ connector: Connector }>>> = {
  http: () => import('./connectors/http.ts'),
  ws: () => import('./connectors/ws.ts'),
  nats: () => import('./connectors/nats.ts'),
  mqtt: () => import('./connectors/mqtt.ts'),
  mqtt5: () => import('./connectors/mqtt.ts'),
}

export class AsyncApiCalls implements ProtocolCalls {
  async call(inputData: Json, options: ProtocolOptions): Promise<Json | ModuleResult> {
    const call = readAsyncApiCall(inputData)
    const resource = await readResource(call.document, options)
    const target = await findTarget(resource, call, options.input)
    const { connector } = await connectors[target.protocol]()
    const { authentication, work } = call
    const ended = new AbortController()
    const signal = AbortSignal.any([options.signal, ended.signal])
    const connecting = { target, authentication, options, signal, memory: { authorizers: [] } }
    try {
      if ('subscription' in work) return await subscribe(connector, connecting, work.subscription)
      const { message } = work
      await withinTime(connecting, () => connector.publish(connecting, message))
      return { payload: message.payload, headers: { ...message.headers } }
    } finally {
      // Whatever is still on its way is nobody's any more.
      ended.abort()
    }
  }
}

async function subscribe(
  connector: Connector,
  connecting: Connecting,
  subscription: Subscription,
): Promise<Json | ModuleResult> {
  const { options, target } = connecting
  const { messagesMax, responseBytesMax } = options
  const feed = new Feed({ messagesMax, bytesMax: responseBytesMax })
  const unsubscribe = await subscribeLasting({
    connector,
    connecting,
    feed,
    inTime: (work) => withinTime(connecting, work),
  })
  try {
    const { items, isEnd } = await consume(feed, { subscription, correlation: target.correlation, options })
    const tokens = connecting.memory.authorizers.flatMap((authorizer) => authorizer.tokens)
    const output = maskJson([...items], tokens)
    return isEnd ? ModuleResult.ok(output, { metadata: { then: 'end' } }) : output
  } finally {
    await unsubscribe()
  }
}

/** Of a subscription, the time that it takes to begin. */
function withinTime<Value>({ target, options }: Connecting, work: () => Promise<Value>): Promise<Value> {
  const { clock, signal, timeoutMs } = options
  const detail = `${serverName(target)} did not answer in ${timeoutMs} ms (timeout_ms).`
  const timedOut = (): TaskFault => TaskFault.of('communication', detail, { status: 504 })
  return inTime({ clock, signal, timeoutMs }, timedOut, work)
}
