/**
 * `query.sql` and `query.graphql`: queries of databases, of data files and of GraphQL services. What a query needs, a
 * driver or a client, is imported when it is first asked for; what is open is closed with the module.
 */
import {
  Cancelled,
  ExecutorModule,
  ModuleResult,
  type Json,
  type ModuleContext,
  type SetupContext,
} from '@nexus/sdk'
import { Connections } from './connections.ts'
import type { SchemaCache } from './graphql/schema_cache.ts'
import { querySql } from './query_sql.ts'

export class Module extends ExecutorModule {
  readonly #stop = new AbortController()
  #connections: Connections | undefined
  #schemas: SchemaCache | undefined

  override async setup(context: SetupContext): Promise<void> {
    const connections = new Connections(context.clock)
    this.#connections = connections
    context.onTeardown('connections to databases', () => connections.close())
  }

  override canExecute(kind: string): boolean {
    return kind === 'query.sql' || kind === 'query.graphql'
  }

  override async executeTask(context: ModuleContext): Promise<ModuleResult> {
    if (!this.#connections) throw new Error('query_executor was not set up.')
    if (context.metadata.kind === 'query.graphql') return ModuleResult.ok(await this.#graphql(context))
    return ModuleResult.ok(await querySql(context, this.#connections, this.#stop.signal))
  }

  override async teardown(): Promise<void> {
    this.#stop.abort(new Cancelled('query_executor was stopped.'))
    await this.#connections?.close()
  }

  async #graphql(context: ModuleContext): Promise<Json> {
    const { queryGraphql } = await import('./query_graphql.ts')
    const { SchemaCache } = await import('./graphql/schema_cache.ts')
    const schemas = (this.#schemas ??= new SchemaCache())
    return queryGraphql(context, { schemas, stop: this.#stop.signal })
  }
}
