/** `call: a2a` and `call: mcp`: agents that speak A2A, and servers that speak the Model Context Protocol. */
import { Type } from 'typebox'
import { a2aMethods, mcpMethods } from '@nexus/sdk'
import { anyObject, choice, either, list, mapOf, mark, open, optional, text } from '../describe.ts'
import { duration } from '../duration.ts'
import { endpoint, externalResource } from '../endpoint.ts'
import { task } from '../task_base.ts'

const parameters = optional(
  either(
    'an object, or an expression ${ … }',
    [anyObject('The parameters by name.'), text('An expression that gives them.')],
    'The parameters of the method.',
  ),
)

export const CallA2a = task('a2a call', 'Speaks to an agent.', {
  call: Type.Literal('a2a'),
  with: open('a2a call', 'The method and whom to send it to.', {
    agentCard: optional(externalResource('The card that describes the agent.')),
    server: optional(endpoint('The server of the agent.')),
    method: choice(a2aMethods, 'The method to call.'),
    parameters,
  }),
})

const transport = open(
  'mcp transport',
  'How to reach the server.',
  {
    http: optional(
      open('http transport', 'Over HTTP.', {
        endpoint: endpoint('Where the server is.'),
        headers: optional(mapOf(text('Its value.'), 'Headers to send.')),
      }),
    ),
    stdio: optional(
      open('stdio transport', 'As a child process.', {
        command: text('The command that starts the server.'),
        arguments: optional(list(text('An argument.'), 'Its arguments.')),
        environment: optional(mapOf(text('Its value.'), 'Its environment variables.')),
      }),
    ),
    options: optional(mapOf(text('Its value.'), 'Options of the transport.')),
  },
  mark({ exactlyOne: [['http', 'stdio']] }),
)

export const CallMcp = task('mcp call', 'Calls an MCP server.', {
  call: Type.Literal('mcp'),
  with: open('mcp call', 'The method and the server.', {
    protocolVersion: optional(text('The version of the protocol; 2025-06-18 by default.')),
    method: choice(mcpMethods, 'The method to call.'),
    parameters,
    timeout: optional(duration('How long the call may take.')),
    transport,
    client: optional(
      open('mcp client', 'Who calls.', { name: text('Its name.'), version: text('Its version.') }),
    ),
  }),
})
