/**
 * `call: mcp`: one method of a server that speaks the Model Context Protocol, started as a child process or reached over
 * Streamable HTTP. The output is the JSON-RPC result. Each call has a session of its own, which ends with it, unless the
 * operator has servers kept (see `warm_servers.ts`). A crash between the call and its record calls again.
 */
import {
  Client,
  ProtocolError,
  SUPPORTED_PROTOCOL_VERSIONS,
  type Transport,
} from '@modelcontextprotocol/client'
import { TaskFault, type Json } from '@nexus/sdk'
import { Watchdog } from '@nexus/sdk/process'
import { maskJson } from '../authentication/mask.ts'
import type { ProtocolCalls, ProtocolOptions } from '../protocol_options.ts'
import { inTime } from '../time_limit.ts'
import { readMcpCall, type McpCall, type StdioServer } from './arguments.ts'
import { asFault, toolFault } from './faults.ts'
import { httpSession } from './http_session.ts'
import { allowedProgram, stdioSession } from './stdio_session.ts'
import { keyOf, WarmServers } from './warm_servers.ts'

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
  readonly #warm = new WarmServers()

  async call(inputData: Json, options: ProtocolOptions): Promise<Json> {
    const call = readMcpCall(inputData)
    const limits = { ...options, timeoutMs: call.timeoutMs ?? options.timeoutMs }
    const { server } = call
    if (server.kind === 'stdio') return this.#callProgram(call, server, limits)
    const session = httpSession(server, options)
    try {
      const result = await answerOf(call, session, limits, (signal) =>
        greeted(call, session, { ...limits, signal }),
      )
      return maskJson(resultOf(call, session, result), session.tokens)
    } finally {
      await session.end()
    }
  }

  async close(): Promise<void> {
    await this.#warm.close()
    await this.#watchdog.stop()
  }

  /** Kept where the operator wants that, and where it is as good as before; a tool that fails is no failure of its server. */
  async #callProgram(call: McpCall, server: StdioServer, limits: ProtocolOptions): Promise<Json> {
    const { warm, run, clock } = limits
    const program = allowedProgram(server, limits)
    const key = warm.keeping === 'none' ? undefined : keyOf(call, warm.keeping, run.id)
    const known = key === undefined ? undefined : this.#warm.take(key)
    const session = known?.session ?? stdioSession({ ...server, program }, limits, this.#watchdog)
    session.serve(limits)
    let client = known?.client
    let isGood = false
    try {
      const result = await answerOf(call, session, limits, async (signal) => {
        client ??= await greeted(call, session, { ...limits, signal })
        return client
      })
      isGood = true
      return resultOf(call, session, result)
    } catch (error) {
      isGood ||= error instanceof TaskFault && ProtocolError.isInstance(error.cause)
      throw error
    } finally {
      if (key !== undefined && isGood && client) await this.#warm.give(key, { client, session }, warm, clock)
      else await session.end()
    }
  }
}

function resultOf(call: McpCall, session: Session, result: Json): Json {
  if (isToolError(call, result)) throw toolFault(session.name, call, result)
  return result
}

/** `greet` gives the client that speaks with the server. */
function answerOf(
  call: McpCall,
  session: Session,
  limits: ProtocolOptions,
  greet: (signal: AbortSignal) => Promise<Client>,
): Promise<Json> {
  const { method, parameters } = call
  const timedOut = (): TaskFault =>
    TaskFault.of('timeout', `${method} of ${session.name} took more than ${limits.timeoutMs} ms.`)
  return inTime(limits, timedOut, async (signal) => {
    const requesting = { timeout: limits.timeoutMs, signal }
    try {
      const client = await greet(signal)
      return (await client.request({ method, params: parameters }, asItIs, requesting)) as Json
    } catch (error) {
      throw session.failure() ?? asFault(error, session.name, method)
    }
  })
}

async function greeted(call: McpCall, session: Session, limits: ProtocolOptions): Promise<Client> {
  const { protocolVersion, client: information } = call
  const others = SUPPORTED_PROTOCOL_VERSIONS.filter((version) => version !== protocolVersion)
  const isModern = protocolVersion >= '2026'
  const client = new Client(information, {
    supportedProtocolVersions: [protocolVersion, ...others],
    ...(isModern && { versionNegotiation: { mode: { pin: protocolVersion } } }),
  })
  await client.connect(session.transport, { timeout: limits.timeoutMs, signal: limits.signal })
  return client
}

/** The result as the server gives it: what it means is the workflow's matter. */
const asItIs = {
  '~standard': { version: 1, vendor: 'nexus', validate: (value: unknown) => ({ value }) },
} as const

function isToolError({ method }: McpCall, result: Json): boolean {
  const isObject = typeof result === 'object' && result !== null && !Array.isArray(result)
  return method === 'tools/call' && isObject && 'isError' in result && result['isError'] === true
}
