/** What is attacked: files, servers and a process that exist for one run of the attacks, and are gone after it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { writeFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { WorldPlaces } from './attack.ts'

export interface World extends AsyncDisposable {
  readonly places: WorldPlaces
  /** A folder that the bare runner may run in. */
  readonly folder: string
  /** Whether the target was made, also by what outlived its script; it is free again then. */
  isTargetMade(waitMs: number): Promise<boolean>
  /** Whether a server saw a connection since this was last asked, or does within so long. */
  isReached(waitMs: number): Promise<boolean>
  /** Whether the victim is dead; there is a new one then. */
  isVictimDead(): Promise<boolean>
}

const megabyte = 1_048_576

export async function makeWorld(): Promise<World> {
  const folder = await mkdtemp(join(await realpath(tmpdir()), 'nexus-world-'))
  const [open, work] = [join(folder, 'open'), join(folder, 'work')]
  await Promise.all([mkdir(open), mkdir(work)])
  await Promise.all([folder, open, work].map((path) => chmod(path, path === folder ? 0o755 : 0o777)))
  const files = {
    secret: join(folder, 'secret.txt'),
    rootOnly: join(folder, 'root.txt'),
    own: join(open, 'own.txt'),
  }
  await writeFile(files.secret, 'SECRET = SECRET\n')
  await writeFile(files.rootOnly, 'SECRET\n', { mode: 0o600 })
  const visits = new EventEmitter()
  let visitors = 0
  visits.on('visit', () => visitors++)
  const [tcp, unix] = await Promise.all([serve(0, visits), serve(join(open, 'socket'), visits)])
  await chmod(join(open, 'socket'), 0o777)
  const datagrams = await listenForDatagrams(join(open, 'datagrams'))
  let victim = await startVictim()
  const sizes = { memoryBytes: 256 * megabyte, outputBytes: 4 * megabyte, diskBytes: 48 * megabyte }
  const { port } = tcp.address() as AddressInfo
  const socket = { socket: join(open, 'socket'), datagrams: join(open, 'datagrams') }
  return {
    folder: work,
    get places() {
      // Anew for every attack, whatever the last one made of it.
      writeFileSync(files.own, 'its own\n')
      return { ...files, ...sizes, ...socket, port, target: join(open, 'target'), victim: victim.pid ?? 0 }
    },
    async isTargetMade(waitMs) {
      await sleep(waitMs)
      const isMade = (await readdir(open)).includes('target')
      await rm(join(open, 'target'), { force: true, recursive: true })
      return isMade
    },
    async isReached(waitMs) {
      const enough = AbortSignal.timeout(waitMs)
      if (visitors === 0) await once(visits, 'visit', { signal: enough }).catch(() => undefined)
      const wasReached = visitors > 0
      visitors = 0
      return wasReached
    },
    async isVictimDead() {
      // A signal that was sent is there at once; that the process is gone is heard of later.
      await sleep(20)
      if (victim.exitCode === null && victim.signalCode === null) return false
      victim = await startVictim()
      return true
    },
    async [Symbol.asyncDispose]() {
      for (const child of [victim, datagrams]) await end(child)
      await Promise.all([tcp, unix].map((server) => new Promise((resolve) => void server.close(resolve))))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function serve(at: number | string, visits: EventEmitter): Promise<Server> {
  const server = createServer((socket) => {
    visits.emit('visit')
    socket.on('error', () => undefined)
    socket.resume()
    socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok')
  })
  await new Promise<void>((resolve) => {
    if (typeof at === 'string') server.listen(at, resolve)
    else server.listen(at, '127.0.0.1', resolve)
  })
  return server
}

/** Node has no datagrams on Unix sockets. */
async function listenForDatagrams(path: string): Promise<ChildProcess> {
  const code = `import os, socket, sys\nit = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)\nit.bind(${JSON.stringify(path)})\nos.chmod(${JSON.stringify(path)}, 0o777)\nprint("on", flush=True)\nsys.stdin.read()`
  const child = spawn('python3', ['-I', '-S', '-c', code], { stdio: ['pipe', 'pipe', 'ignore'] })
  child.on('error', () => undefined)
  await new Promise((resolve) => void child.stdout.once('data', resolve).once('close', resolve))
  return child
}

async function startVictim(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', 'console.log("on"); process.stdin.resume()'], {
    env: { VICTIM: 'SECRET' },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  await new Promise((resolve) => void child.stdout.once('data', resolve))
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const exited = new Promise((resolve) => void child.once('exit', resolve))
  child.kill('SIGKILL')
  await exited
}
