import { Client } from 'pg'
import { afterAll, beforeAll } from 'vitest'
import { driverConformance } from './driver_conformance.ts'
import { postgresMissing, startPostgres, type TestServer } from './servers/postgres.ts'

let server: TestServer
let admin: Client
let count = 0

beforeAll(async () => {
  if (postgresMissing !== undefined) return
  server = await startPostgres()
  admin = new Client({
    host: '127.0.0.1',
    port: server.port,
    user: 'postgres',
    password: server.password,
    database: 'postgres',
  })
  await admin.connect()
}, 60_000)

afterAll(async () => {
  await admin?.end()
  await server?.stop()
})

driverConformance({
  name: 'PostgreSQL',
  skip: postgresMissing,
  async open() {
    const database = `test_${++count}`
    await admin.query(`CREATE DATABASE ${database}`)
    return {
      driver: 'postgres',
      host: '127.0.0.1',
      port: server.port,
      user: 'postgres',
      password: server.password,
      database,
    }
  },
  types: { integer: 'integer', text: 'text', binary: 'bytea', json: 'jsonb' },
  endless: 'SELECT max(n) AS n FROM generate_series(1, 1000000000000) AS n',
  series: 'SELECT n FROM generate_series(1, $count::integer) AS n',
  pointsAt: { table: true, syntax: true },
  async openConnections() {
    const { rows } = await admin.query<{ n: string }>(
      `SELECT count(*) AS n FROM pg_stat_activity WHERE datname = 'test_${count}'`,
    )
    return Number(rows[0]?.n)
  },
})
