/** An agent by the library of the protocol's own project, in both versions of the protocol. */
import { LegacyJsonRpcTransportHandler } from '@a2a-js/sdk/compat/v0_3/server'
import { TaskState, type AgentCard } from '@a2a-js/sdk'
import {
  AgentEvent,
  DefaultRequestHandler,
  InMemoryTaskStore,
  JsonRpcTransportHandler,
  ServerCallContext,
  type AgentExecutor,
} from '@a2a-js/sdk/server'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import type { Json } from '@nexus/sdk'
import { serve } from '../world.ts'

const executor: AgentExecutor = {
  async execute({ userMessage, taskId, contextId }, bus) {
    const [part] = userMessage.parts
    const words = part?.content?.$case === 'text' ? part.content.value : ''
    const status = (state: TaskState) => ({ state, timestamp: new Date().toISOString(), message: undefined })
    bus.publish(
      AgentEvent.task({
        id: taskId,
        contextId,
        status: status(TaskState.TASK_STATE_SUBMITTED),
        artifacts: [],
        history: [userMessage],
        metadata: undefined,
      }),
    )
    bus.publish(
      AgentEvent.artifactUpdate({
        taskId,
        contextId,
        artifact: {
          artifactId: 'report',
          name: 'report',
          description: '',
          parts: [
            {
              content: { $case: 'text', value: `Report on: ${words}` },
              metadata: undefined,
              filename: '',
              mediaType: '',
            },
          ],
          metadata: undefined,
          extensions: [],
        },
        append: false,
        lastChunk: true,
        metadata: undefined,
      }),
    )
    bus.publish(
      AgentEvent.statusUpdate({
        taskId,
        contextId,
        status: status(TaskState.TASK_STATE_COMPLETED),
        metadata: undefined,
      }),
    )
    bus.finished()
  },
  async cancelTask() {},
}

/** `version`: which the agent speaks. Gives the address of its card, and what it heard. */
export async function startAgent(version: '0.3' | '1.0') {
  const heard: { authorization: string | undefined; body: Json }[] = []
  const base: AgentCard = {
    name: 'Reporter',
    description: 'Writes reports.',
    version: '1.0.0',
    supportedInterfaces: [],
    provider: undefined,
    capabilities: { streaming: true, pushNotifications: true, extensions: [], extendedAgentCard: false },
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: ['text'],
    defaultOutputModes: ['text'],
    skills: [],
    signatures: [],
  }
  const handler = new DefaultRequestHandler(base, new InMemoryTaskStore(), executor)
  const rpc =
    version === '1.0' ? new JsonRpcTransportHandler(handler) : new LegacyJsonRpcTransportHandler(handler)
  const answerTo = async (request: IncomingMessage, response: ServerResponse): Promise<unknown> => {
    if (request.method === 'GET') {
      const url = `http://${request.headers.host}/rpc`
      const spoken =
        version === '0.3'
          ? { url, preferredTransport: 'JSONRPC', protocolVersion: '0.3.0' }
          : { supportedInterfaces: [{ url, protocolBinding: 'JSONRPC', protocolVersion: '1.0' }] }
      return response.end(JSON.stringify({ name: 'Reporter', ...spoken }))
    }
    const body = await text(request)
    heard.push({ authorization: request.headers.authorization, body: JSON.parse(body) as Json })
    const context = new ServerCallContext({ requestedVersion: version })
    const answer = await rpc.handle(body, context)
    if (!(Symbol.asyncIterator in answer)) {
      response.setHeader('content-type', 'application/json')
      return response.end(JSON.stringify(answer))
    }
    response.setHeader('content-type', 'text/event-stream')
    for await (const event of answer) response.write(`data: ${JSON.stringify(event)}\n\n`)
    return response.end()
  }
  const host = await serve((request, response) => void answerTo(request, response))
  return { card: `${host}/.well-known/agent-card.json`, server: `${host}/rpc`, heard }
}
