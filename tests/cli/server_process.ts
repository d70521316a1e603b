/**
 * `nexus start` as a process of its own, with all that it says, and an end that leaves nothing behind.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const command = join(import.meta.dirname, '../../packages/cli/bin/nexus.js')

export interface ServerProcess {
  readonly child: ChildProcess
  readonly url: string
  /** All that it has said so far. */
  said(): string
  /** Resolves when it says that. */
  says(text: string | RegExp): Promise<void>
  /** Exit code and signal. */
  readonly ended: Promise<unknown[]>
  /** Sends JSON and gives what is answered. */
  post(path: string, body: unknown): Promise<Response>
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts it in a folder, whose `modules` are its own. */
export async function startServer(folder: string, ...more: string[]): Promise<ServerProcess> {
  const args = [command, 'start', '--port', '0', '--data', join(folder, 'data'), ...more]
  const child = spawn(process.execPath, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = once(child, 'close')
  let said = ''
  const heard = new Set<() => void>()
  const hear = (text: string): void => {
    said += text
    for (const listener of heard) listener()
  }
  child.stdout.setEncoding('utf8').on('data', hear)
  child.stderr.setEncoding('utf8').on('data', hear)
  const says = async (text: string | RegExp): Promise<void> => {
    const found = Promise.withResolvers<void>()
    const look = (): void => {
      if (typeof text === 'string' ? said.includes(text) : text.test(said)) found.resolve()
    }
    heard.add(look)
    look()
    const gone = ended.then(() => Promise.reject(new Error(`It has ended, and never said ${text}: ${said}`)))
    await Promise.race([found.promise, gone]).finally(() => heard.delete(look))
    gone.catch(() => {})
  }
  await says(/It serves (\S+);/)
  const url = /It serves (\S+);/.exec(said)?.[1] ?? ''
  return {
    child,
    url,
    ended,
    says,
    said: () => said,
    post: (path, body) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

/** Writes an executor in JavaScript into a folder, and gives the folder of it. */
export function writeExecutor(
  folder: string,
  id: string,
  {
    version = '1.0.0',
    task = id,
    body,
    more = '',
  }: { version?: string; task?: string; body: string; more?: string },
): string {
  const module = join(folder, 'executors', id)
  mkdirSync(module, { recursive: true })
  writeFileSync(
    join(module, 'manifest.yaml'),
    `id: ${id}\nversion: ${version}\ntype: executor\nname: ${id}\ndescription: Of a test.\nentry_points: {main: main.js}\nprovides: [{task: ${task}}]\n${more}`,
  )
  writeFileSync(join(module, 'main.js'), `export class Module {\n${body}\n}\n`)
  return module
}
