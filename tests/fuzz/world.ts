/**
 * One Nexus for all documents of the fuzz, in a folder of its own, with the workflows that documents run and a server
 * that they call. It watches what a document must not do to its surroundings, and judges nothing.
 */
import { openNexus, type LiveRun, type Nexus } from '@nexus/nexus'
import { systemClock } from '@nexus/sdk'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inputFor, secrets, subdocuments } from './seeds.ts'

export interface World {
  readonly nexus: Nexus
  /** What every run gets. */
  readonly input: ReturnType<typeof inputFor>
  /** Begins to watch the event loop; the function that comes back says for how long at most nothing else ran since. */
  watchLoop(): () => number
  /** What escaped: rejections and exceptions that nobody handled, and runs whose end could not be recorded. */
  readonly escaped: unknown[]
  /** Cancels the runs that nobody waited for. Rejects when one does not end. */
  settle(): Promise<void>
  close(): Promise<void>
}

export async function setup(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-fuzz-'))
  const server = await startServer()
  const loop = watchLoop()
  const escaped: unknown[] = []
  const escape = (error: unknown): void => void escaped.push(error)
  const live = new Map<string, LiveRun>()
  process.on('unhandledRejection', escape)
  process.on('uncaughtException', escape)
  const nexus = await openNexus({
    ...foldersIn(folder),
    secrets: { get: async (name) => (Object.hasOwn(secrets, name) ? secrets[name as 'key'] : undefined) },
    runBegan: (run) => {
      live.set(run.id, run)
      void run.ended.catch(escape).finally(() => live.delete(run.id))
    },
  })
  return {
    nexus,
    input: inputFor(server.base),
    watchLoop: () => loop.watch(),
    escaped,
    async settle() {
      for (const run of live.values()) run.cancel()
      await nexus.idle()
    },
    async close() {
      await nexus.close()
      await server.close()
      loop.stop()
      process.off('unhandledRejection', escape)
      process.off('uncaughtException', escape)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Commands that a mutation made up may leave files behind: they work in a folder that goes away. */
function foldersIn(folder: string) {
  const workflows = join(folder, 'workflows')
  const working = join(folder, 'working')
  mkdirSync(workflows)
  mkdirSync(working)
  for (const [name, text] of Object.entries(subdocuments)) writeFileSync(join(workflows, name), text)
  return {
    data: join(folder, 'data'),
    workflows: [workflows],
    config: { command_executor: { working_directory: working } },
  }
}

const answers: Readonly<Record<string, RequestListener>> = {
  '/echo': (request, response) =>
    void request.pipe(response.writeHead(201, { 'content-type': 'text/plain' })),
  '/broken': (_, response) => void response.writeHead(500).end('out of order'),
  '/silent': () => {},
}

/** Anything else is a pet. */
async function startServer(): Promise<{ readonly base: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const { [request.url ?? '']: answer } = answers
    if (answer) return answer(request, response)
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"name": "Rex"}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

/** How often it is looked whether the event loop goes round. */
const beatMs = 20

function watchLoop() {
  const watching = new Set<{ longestMs: number }>()
  let lastMs = systemClock.elapsed()
  const note = (): void => {
    const lateMs = systemClock.elapsed() - lastMs - beatMs
    for (const each of watching) each.longestMs = Math.max(each.longestMs, lateMs)
  }
  let stop = (): void => {}
  const beat = (): void => {
    note()
    lastMs = systemClock.elapsed()
    stop = systemClock.timer(beatMs, beat)
  }
  beat()
  return {
    stop: () => stop(),
    watch() {
      const each = { longestMs: 0 }
      watching.add(each)
      return () => {
        note()
        watching.delete(each)
        return each.longestMs
      }
    },
  }
}
