/**
 * SIGKILL between the commit of a write and the record of its task, in a real process on a real server: with `idempotency`
 * the write is there once, without it twice, as the README says.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import type { JsonObject } from '@nexus/sdk'
import { postgresMissing, startPostgres } from './servers/postgres.ts'
import { setup, temporaryFolder } from './world.ts'

const program = fileURLToPath(new URL('servers/killed.ts', import.meta.url))

/** Hands on what a client says, and swallows what the server says from the first COMMIT on; `committed` when it said that it did. */
async function swallowing(port: number): Promise<{ port: number; committed: Promise<void> }> {
  const { promise: committed, resolve } = Promise.withResolvers<void>()
  const sockets: Socket[] = []
  const server = createServer((client) => {
    let isOver = false
    const upstream = connect(port, '127.0.0.1')
    sockets.push(
      client.on('error', () => undefined),
      upstream.on('error', () => undefined),
    )
    client.on('data', (bytes) => {
      isOver ||= bytes.includes('COMMIT\0')
      upstream.write(bytes)
    })
    upstream.on('data', (bytes) => (isOver ? bytes.includes('COMMIT\0') && resolve() : client.write(bytes)))
    client.on('close', () => upstream.destroy())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, committed }
}

test.skipIf(postgresMissing !== undefined).each([
  ['with idempotency a write is there once', { idempotency: { table: 'nexus_calls' } }, 1],
  ['without it, twice', {}, 2],
])(
  'a process that is killed between a commit and its record: %s',
  async (_title, more, times) => {
    const postgres = await startPostgres()
    onTestFinished(() => postgres.stop())
    const named = (port: number): JsonObject => ({
      connections: {
        main: {
          driver: 'postgres',
          host: '127.0.0.1',
          port,
          user: 'postgres',
          password: postgres.password,
          read_only: false,
        },
      },
    })
    const { sql } = await setup({ config: named(postgres.port) })
    const write = (query: string) => sql({ connection: 'main', query, write: true })
    await write('CREATE TABLE payments (amount integer)')
    await write('CREATE TABLE nexus_calls (call_key varchar(255) PRIMARY KEY, result text)')
    const data = join(temporaryFolder(), 'data')
    const query = 'INSERT INTO payments VALUES (100) RETURNING amount'
    const call = { call: 'query.sql', with: { connection: 'main', write: true, query, ...more } }
    const document = {
      document: { dsl: '1.0.3', namespace: 'test', name: 'pay', version: '1.0.0' },
      do: [{ pay: call }],
    }

    const between = await swallowing(postgres.port)
    const first = spawn(process.execPath, [
      program,
      data,
      JSON.stringify(named(between.port)),
      JSON.stringify(document),
    ])
    await between.committed
    first.kill('SIGKILL')
    await once(first, 'close')
    expect(await sql({ connection: 'main', query: 'SELECT count(*) AS n FROM payments' })).toEqual([{ n: 1 }])

    const second = spawn(process.execPath, [program, data, JSON.stringify(named(postgres.port))])
    let said = ''
    second.stdout.on('data', (text: Buffer) => (said += text.toString()))
    second.stderr.on('data', (text: Buffer) => (said += text.toString()))
    await once(second, 'close')
    expect(JSON.parse(said)).toEqual({ status: 'completed', output: [{ amount: 100 }] })
    expect(await sql({ connection: 'main', query: 'SELECT count(*) AS n FROM payments' })).toEqual([
      { n: times },
    ])
  },
  60_000,
)
