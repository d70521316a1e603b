/** A GraphQL service for tests, by `graphql-yoga`, with subscriptions over Server-Sent Events and WebSockets. */
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { useServer } from 'graphql-ws/use/ws'
import { createSchema, createYoga } from 'graphql-yoga'
import { onTestFinished } from 'vitest'
import { WebSocketServer } from 'ws'

const typeDefs = `
  type Query { hero(name: String!, least: Int): Hero, boom: Int!, many: [Int!]!, echo(value: Input!): String! }
  input Input { text: String!, tags: [String!] }
  type Hero { name: String!, age: Int, friends: [Hero!]! }
  type Mutation { rename(name: String!, to: String!): Hero! }
  type Subscription { count(from: Int!): Int!, silence: Int! }`

export async function startGraphql() {
  const seen: { headers: NodeJS.Dict<string | string[]>; body: string }[] = []
  let ended = 0
  const schema = createSchema({
    typeDefs,
    resolvers: {
      Query: {
        hero: (_root, { name }: { name: string }) => ({
          name,
          age: 36,
          friends: [{ name: 'Grace', friends: [] }],
        }),
        boom: () => {
          throw new Error('it went wrong')
        },
        many: () => [1, 2],
        echo: (_root, { value }: { value: { text: string } }) => value.text,
      },
      Mutation: { rename: (_root, { to }: { to: string }) => ({ name: to, friends: [] }) },
      Subscription: {
        count: {
          subscribe: async function* (_root: unknown, { from }: { from: number }) {
            try {
              for (let n = from; ; n++) {
                yield { count: n }
                await new Promise((resolve) => setImmediate(resolve))
              }
            } finally {
              ended += 1
            }
          },
        },
        silence: {
          subscribe: async function* () {
            await new Promise(() => undefined)
            yield { silence: 1 }
          },
        },
      },
    },
  })
  const yoga = createYoga({ schema, logging: false, maskedErrors: false })
  const server = createServer((request, response) => {
    seen.push({ headers: request.headers, body: '' })
    void yoga(request, response)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const sockets = new WebSocketServer({ server, path: '/graphql' })
  const disposable = useServer({ schema }, sockets)
  onTestFinished(async () => {
    await disposable.dispose()
    server.closeAllConnections()
    server.close()
    await once(server, 'close')
  })
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`
  return { endpoint, seen, ended: () => ended }
}
