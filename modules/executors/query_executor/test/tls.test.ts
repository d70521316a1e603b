/** TLS to real servers: what `ssl` says is what happens, and a certificate is for the host that was asked for. */
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import type { Json, JsonObject } from '@nexus/sdk'
import { makeCertificate, opensslMissing, type Certificate } from './servers/certificates.ts'
import { mariadbMissing, startMariadb } from './servers/mariadb.ts'
import { postgresMissing, startPostgres, type TestServer } from './servers/postgres.ts'
import { detailOf, setup } from './world.ts'

const nobody = 65_534

/** Of files that the servers can read, who run as nobody where the tests are root. */
function certificateFor(names: string): Certificate {
  const folder = mkdtempSync('/tmp/certificate-')
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const certificate = makeCertificate(folder, names)
  chmodSync(folder, 0o755)
  if (process.getuid?.() === 0) chownSync(certificate.keyFile, nobody, nobody)
  return certificate
}

const engines = [
  {
    driver: 'postgres',
    user: 'postgres',
    database: 'postgres',
    missing: postgresMissing ?? opensslMissing,
    start: ({ certFile, keyFile }: Certificate) =>
      startPostgres(['-c', 'ssl=on', '-c', `ssl_cert_file=${certFile}`, '-c', `ssl_key_file=${keyFile}`]),
    cipher: 'SELECT ssl AS encrypted FROM pg_stat_ssl WHERE pid = pg_backend_pid()',
    isEncrypted: (rows: Json) => (rows as JsonObject[])[0]?.['encrypted'] === true,
    slow: 'SELECT pg_sleep(60)',
    running:
      "SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND state = 'active'",
  },
  {
    driver: 'mysql',
    user: 'tester',
    database: 'mysql',
    missing: mariadbMissing ?? opensslMissing,
    start: ({ certFile, keyFile }: Certificate) =>
      startMariadb([`--ssl-cert=${certFile}`, `--ssl-key=${keyFile}`]),
    cipher: "SHOW STATUS LIKE 'Ssl_cipher'",
    isEncrypted: (rows: Json) => ((rows as JsonObject[])[0]?.['Value'] ?? '') !== '',
    slow: 'SELECT sleep(60)',
    running: "SELECT count(*) AS n FROM information_schema.processlist WHERE info LIKE 'SELECT sleep%'",
  },
] as const

for (const engine of engines) {
  const { driver, user, database, missing, start } = engine
  const check = (title: string, work: () => Promise<void>): void => {
    test.skipIf(missing !== undefined)(`${driver}: ${title}`, work, 60_000)
  }

  const world = async (names: string) => {
    const certificate = certificateFor(names)
    const server: TestServer = await start(certificate)
    onTestFinished(() => server.stop())
    const { sql } = await setup()
    const connection = { driver, user, database, port: server.port, password: server.password }
    const query = (ssl: Json, host: string, text: string, more: JsonObject = {}): Promise<Json> =>
      sql({ connection: { ...connection, host, ssl }, query: text, ...more })
    return { ...certificate, query }
  }

  check(
    'a certificate for the name that is asked for is accepted, one for another name refused',
    async () => {
      const { query, ca } = await world('DNS:localhost')
      expect(engine.isEncrypted(await query({ ca }, 'localhost', engine.cipher))).toBe(true)
      expect(engine.isEncrypted(await query('encrypted', '127.0.0.1', engine.cipher))).toBe(true)
      expect(engine.isEncrypted(await query(false, '127.0.0.1', engine.cipher))).toBe(false)
      expect(await detailOf(query({ ca }, '127.0.0.1', 'SELECT 1'))).toMatch(
        /^communication: .*(?:does not match|not in the cert's list)/,
      )
      expect(await detailOf(query(true, 'localhost', 'SELECT 1'))).toMatch(
        /^communication: .*(?:self-signed|unable to verify|local issuer)/,
      )
    },
  )

  check('a certificate for an address is for that address, and a query is stopped over TLS too', async () => {
    const { query, ca } = await world('IP:127.0.0.1')
    expect(engine.isEncrypted(await query({ ca }, '127.0.0.1', engine.cipher))).toBe(true)
    expect(await detailOf(query({ ca }, 'localhost', 'SELECT 1'))).toMatch(/^communication: /)
    expect(await detailOf(query({ ca }, '127.0.0.1', engine.slow, { timeout_ms: 300 }))).toMatch(/^timeout: /)
    expect(await query({ ca }, '127.0.0.1', engine.running)).toEqual([{ n: 0 }])
  })
}
