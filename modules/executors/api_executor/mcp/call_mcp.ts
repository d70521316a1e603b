/**
 * `call: mcp`: one method of a server that speaks the Model Context Protocol, started as a child process or reached over
 * Streamable HTTP. The output is the JSON-RPC result. Each call has a session of its own, which ends with it. A crash
 * between the call and its record calls again.
 */
import { Client, SUPPORTED_PROTOCOL_VERSIONS, type Transport } from '@modelcontextprotocol/client'
import { TaskFault, type Json } from '@nexus/sdk'
import { Watchdog } from '@nexus/sdk/process'
import { maskJson } from '../authentication/mask.ts'
import type { ProtocolCalls, ProtocolOptions } from '../protocol_options.ts'
import { inTime } from '../time_limit.ts'
import { readMcpCall, type McpCall } from './arguments.ts'
import { asFault, toolFault } from './faults.ts'
import { httpSession } from './http_session.ts'
import { stdioSession } from './stdio_session.ts'

/** A connection to a server, which is there for one call. */
export interface Session {
  readonly transport: Transport
  /** As errors name the server. */
  readonly name: string
  /** Why nothing more can come of it, where that is known. */
  failure(): TaskFault | undefined
  readonly tokens: readonly string[]
  /** Resolves when nothing of it is left. */
  end(): Promise<void>
}

export class McpCalls implements ProtocolCalls {
  readonly #watchdog = new Watchdog()

  async call(inputData: Json, options: ProtocolOptions): Promise<Json> {
    const call = readMcpCall(inputData)
    const limits = { ...options, timeoutMs: call.timeoutMs ?? options.timeoutMs }
    const { server } = call
    const session =
      server.kind === 'stdio' ? stdioSession(server, options, this.#watchdog) : httpSession(server, options)
    const timedOut = (): TaskFault =>
      TaskFault.of('timeout', `${call.method} of ${session.name} took more than ${limits.timeoutMs} ms.`)
    try {
      const result = await inTime(limits, timedOut, (signal) => ask(call, session, { ...limits, signal }))
      if (isToolError(call, result)) throw toolFault(session.name, call, result)
      return maskJson(result, session.tokens)
    } finally {
      await session.end()
    }
  }

  close(): Promise<void> {
    return this.#watchdog.stop()
  }
}

async function ask(call: McpCall, session: Session, options: ProtocolOptions): Promise<Json> {
  const { method, parameters, protocolVersion, client: information } = call
  const others = SUPPORTED_PROTOCOL_VERSIONS.filter((version) => version !== protocolVersion)
  const isModern = protocolVersion >= '2026'
  const client = new Client(information, {
    supportedProtocolVersions: [protocolVersion, ...others],
    ...(isModern && { versionNegotiation: { mode: { pin: protocolVersion } } }),
  })
  const requesting = { timeout: options.timeoutMs, signal: options.signal }
  try {
    await client.connect(session.transport, requesting)
    return (await client.request({ method, params: parameters }, asItIs, requesting)) as Json
  } catch (error) {
    throw session.failure() ?? asFault(error, session.name, method)
  }
}

/** The result as the server gives it: what it means is the workflow's matter. */
const asItIs = {
  '~standard': { version: 1, vendor: 'nexus', validate: (value: unknown) => ({ value }) },
} as const

function isToolError({ method }: McpCall, result: Json): boolean {
  const isObject = typeof result === 'object' && result !== null && !Array.isArray(result)
  return method === 'tools/call' && isObject && 'isError' in result && result['isError'] === true
}
