/** A MariaDB or MySQL server for tests, where the machine has one; npm brings none. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, said, type TestServer } from './postgres.ts'

const nobody = 65_534

function programs(): { server: string; install: string } | undefined {
  try {
    const find = (name: string): string =>
      execFileSync('/bin/sh', ['-c', `PATH="$PATH:/usr/sbin"; command -v ${name}`], {
        encoding: 'utf8',
      }).trim()
    return { server: find('mariadbd'), install: find('mariadb-install-db') }
  } catch {
    return undefined
  }
}

export const mariadbMissing = programs() === undefined ? 'this machine has no mariadbd' : undefined

export async function startMariadb(more: readonly string[] = []): Promise<TestServer> {
  const found = programs()
  if (found === undefined) throw new Error(mariadbMissing)
  const folder = mkdtempSync(join(tmpdir(), 'mariadb-'))
  const own = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}
  if (own.uid !== undefined) chownSync(folder, nobody, nobody)
  chmodSync(folder, 0o755)
  const data = join(folder, 'data')
  const options = { ...own, cwd: folder, env: { PATH: '/usr/bin:/bin:/usr/sbin' } }
  execFileSync(
    found.install,
    ['--no-defaults', `--datadir=${data}`, '--auth-root-authentication-method=normal', '--skip-test-db'],
    { ...options, stdio: 'pipe' },
  )
  const password = 'a secret of the test'
  const init = join(folder, 'init.sql')
  writeFileSync(
    init,
    `ALTER USER root@localhost IDENTIFIED BY '${password}';\nCREATE USER tester@'127.0.0.1' IDENTIFIED BY '${password}';\nGRANT ALL ON *.* TO tester@'127.0.0.1';\n`,
  )
  const port = await freePort()
  let server: ChildProcess | undefined
  const start = async (): Promise<void> => {
    const settings = [
      `--datadir=${data}`,
      `--socket=${join(folder, 'socket')}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      '--innodb-flush-log-at-trx-commit=0',
      '--innodb-buffer-pool-size=32M',
      ...more,
    ]
    const once = server === undefined ? [`--init-file=${init}`] : []
    server = spawn(found.server, ['--no-defaults', ...settings, ...once], {
      ...options,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    await said(server, 'ready for connections')
  }
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (server === undefined || server.exitCode !== null || server.signalCode !== null) return
    const exited = once(server, 'exit')
    server.kill(signal)
    await exited
  }
  await start()
  return {
    port,
    password,
    start,
    kill: () => end('SIGKILL'),
    async stop() {
      await end('SIGTERM')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
