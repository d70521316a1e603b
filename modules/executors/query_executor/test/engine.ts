/** What the suites of the drivers share: what an engine says of itself, and a module whose connection `main` is a database of it. */
import { test } from 'vitest'
import type { Json, JsonObject } from '@nexus/sdk'
import { setup, type World } from './world.ts'

export interface Engine {
  readonly name: string
  /** A new database, as a connection in the configuration. */
  open(): Promise<JsonObject>
  readonly types: {
    readonly integer: string
    readonly text: string
    readonly binary: string
    readonly json: string
  }
  /** A query that takes for ever, or as good as. */
  readonly endless: string
  /** A SELECT of the numbers from 1 to $count, as `n`. */
  readonly series: string
  /** Whether a fault of an unknown name points at it. */
  readonly pointsAt: { readonly table: boolean; readonly syntax: boolean }
  /** How many connections, or processes, the module has open now. */
  openConnections?(): Promise<number>
  readonly skip?: string | undefined
}

export function suiteOf(engine: Engine) {
  const { name, types } = engine
  const check = (title: string, work: () => Promise<void>): void => {
    test.skipIf(engine.skip !== undefined)(`${name}: ${title}`, work, 60_000)
  }

  async function world(own: World = {}, connection: JsonObject = {}) {
    const config = { connections: { main: { read_only: false, ...(await engine.open()), ...connection } } }
    const made = await setup({ ...own, config: { ...config, ...own.config } })
    const sql = (
      query: string,
      parameters: Json = [],
      more: JsonObject = {},
      call: World = {},
    ): Promise<Json> => made.sql({ connection: 'main', query, parameters, ...more }, call)
    const write = (
      query: string,
      parameters: Json = [],
      more: JsonObject = {},
      call: World = {},
    ): Promise<Json> => sql(query, parameters, { write: true, ...more }, call)
    const people = async (): Promise<void> => {
      await write(
        `CREATE TABLE people (id ${types.integer} PRIMARY KEY, name ${types.text}, age ${types.integer})`,
      )
      await write("INSERT INTO people VALUES (1, 'Ada', 36), (2, 'Grace', 85), (3, 'Edsger', NULL)")
    }
    return { ...made, query: sql, write, people }
  }

  return { check, world }
}
