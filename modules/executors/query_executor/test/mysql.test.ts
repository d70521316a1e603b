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
  admin = await mysql.createConnection({
    host: '127.0.0.1',
    port: server.port,
    user: 'tester',
    password: server.password,
  })
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
    await admin.query(`CREATE DATABASE ${database} CHARACTER SET utf8mb4`)
    return {
      driver: 'mysql',
      host: '127.0.0.1',
      port: server.port,
      user: 'tester',
      password: server.password,
      database,
    }
  },
  types: { integer: 'int', text: 'varchar(200)', binary: 'blob', json: 'json' },
  endless: "SELECT count(*) AS n FROM seq_1_to_100000000000 a WHERE MD5(a.seq) = 'x'",
  series: 'SELECT seq AS n FROM seq_1_to_10000 WHERE seq <= $count',
  pointsAt: { table: true, syntax: true },
  async openConnections() {
    const [rows] = await admin.query<mysql.RowDataPacket[]>(
      `SELECT count(*) AS n FROM information_schema.processlist WHERE db = 'test_${count}'`,
    )
    return Number(rows[0]?.['n'])
  },
})
