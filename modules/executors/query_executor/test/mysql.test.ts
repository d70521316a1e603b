import mysql from 'mysql2/promise'
import { afterAll, beforeAll } from 'vitest'
import { driverConformance } from './driver_conformance.ts'
import { mariadbMissing, startMariadb } from './servers/mariadb.ts'
import type { TestServer } from './servers/postgres.ts'

let server: TestServer
let admin: mysql.Connection
let count = 0

beforeAll(async () => {
  if (mariadbMissing !== undefined) return
  server = await startMariadb()
  admin = await mysql.createConnection({ host: '127.0.0.1', port: server.port, user: 'tester', password: server.password })
}, 60_000)

afterAll(async () => {
  await admin?.end()
  await server?.stop()
})

driverConformance({
  name: 'MySQL',
  skip: mariadbMissing,
  async open() {
    const database = `test_${++count}`
    await admin.query(`CREATE DATABASE ${database}`)
    return { driver: 'mysql', host: '127.0.0.1', port: server.port, user: 'tester', password: server.password, database }
  },
  types: { integer: 'int', text: 'varchar(200)', binary: 'blob', json: 'json' },
  endless: 'SELECT count(*) AS n FROM seq_1_to_1000000000000 a',
  series: 'SELECT CAST(n AS int) AS n FROM (WITH RECURSIVE series AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM series WHERE n < $count) SELECT n FROM series) AS numbers',
  pointsAt: { table: true, syntax: true },
  async open_connections() {
    const [rows] = await admin.query<mysql.RowDataPacket[]>(`SELECT count(*) AS n FROM information_schema.processlist WHERE db = 'test_${count}'`)
    return Number(rows[0]?.['n'])
  },
})
