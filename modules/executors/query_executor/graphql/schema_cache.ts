/** The schemas of services, as they tell them when they are first asked; a bounded number, each for a bounded time. */
import {
  buildClientSchema,
  getIntrospectionQuery,
  type GraphQLSchema,
  type IntrospectionQuery,
} from 'graphql'
import { TaskFault, type Clock } from '@nexus/sdk'
import { dataOf, responseOf } from './answer.ts'
import type { Exchange } from './exchange.ts'
import { nameOf } from './http.ts'

const schemasMax = 32
const keptMsMax = 600_000
/** Schemas of large services are some megabytes. */
const schemaBytesMax = 33_554_432

interface Kept {
  readonly schema: GraphQLSchema
  readonly untilMs: number
}

export interface SchemaOf {
  readonly endpoint: URL
  readonly headers: Readonly<Record<string, string>>
  readonly exchange: Exchange
  readonly clock: Clock
}

export class SchemaCache {
  readonly #kept = new Map<string, Kept>()

  /** What a service shows may depend on who asks. */
  async schemaOf({ endpoint, headers, exchange, clock }: SchemaOf): Promise<GraphQLSchema> {
    const key = JSON.stringify([endpoint.href, headers])
    const kept = this.#kept.get(key)
    if (kept !== undefined && kept.untilMs > clock.elapsed()) return kept.schema
    const schema = await introspect(endpoint, exchange)
    this.#kept.delete(key)
    this.#kept.set(key, { schema, untilMs: clock.elapsed() + keptMsMax })
    const [oldest] = this.#kept.keys()
    if (this.#kept.size > schemasMax && oldest !== undefined) this.#kept.delete(oldest)
    return schema
  }
}

export async function introspect(endpoint: URL, exchange: Exchange): Promise<GraphQLSchema> {
  const name = nameOf(endpoint)
  const body = JSON.stringify({ query: getIntrospectionQuery({ descriptions: false }) })
  const answer = await exchange({ headers: { accept: 'application/json' }, body, bytesMax: schemaBytesMax })
  try {
    const data = dataOf(responseOf(answer), name)
    return buildClientSchema(data as unknown as IntrospectionQuery)
  } catch (error) {
    if (error instanceof TaskFault && /^(?:401|403)$/.test(String(error.error.status))) throw error
    const why = error instanceof Error ? error.message : String(error)
    throw TaskFault.of(
      'communication',
      `${name} does not tell its schema, against which the query would be validated: ${why} \`validate: false\` sends it as it is.`,
      { cause: error },
    )
  }
}
