/**
 * Promise two under SIGKILL, over HTTP: the server dies at any step of a swap that somebody asked it for while runs were in
 * flight. Started again, it serves the last generation that was committed, and every run that it had accepted finishes
 * with a version that it may see.
 */
import { Client, operations, type Run } from '@nexus/api'
import { systemClock } from '@nexus/sdk'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeExecutor } from '../cli/server_process.ts'

/** With NEXUS_CRASH_EVERY, every step in either host, five times each. */
const every = process.env['NEXUS_CRASH_EVERY'] !== undefined
const times = every ? 5 : 1
const steps = ['resolve', 'verify', 'stage', 'commit', 'flip', 'drain'] as const
const runsInFlight = 5
const lifeMsMax = 30_000

interface Life {
  readonly client: Client
  /** Exit code and signal. */
  readonly ended: Promise<unknown[]>
  end(signal: 'SIGTERM' | 'SIGKILL'): void
  [Symbol.asyncDispose](): Promise<void>
}

async function live(folder: string, host: string, dieAfter = 'never'): Promise<Life> {
  const program = join(import.meta.dirname, 'swap_server.ts')
  const child = spawn(process.execPath, [program, folder, host, dieAfter], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: lifeMsMax,
  })
  const ended = once(child, 'close')
  const died = ended.then((how) => Promise.reject(new Error(`The server ended: ${how.join()}`)))
  died.catch(() => {})
  const [line] = (await Promise.race([once(child.stdout.setEncoding('utf8'), 'data'), died])) as [string]
  return {
    client: new Client({ url: line.trim(), clock: systemClock }),
    ended,
    end: (signal) => void child.kill(signal),
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

function setup(): { folder: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-crash-http-'))
  for (const [name, version] of Object.entries({ v1: '1.0.0', v2: '1.1.0', v3: '2.0.0' })) {
    const result = `{ success: true, outputData: '${version}', metadata: {} }`
    const body = `async execute() { return ${result} }`
    writeExecutor(join(folder, name), 'teller', { version, task: 'tell', body })
  }
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

const document = JSON.stringify({
  document: { dsl: '1.0.3', namespace: 'test', name: 'swap', version: '1.0.0' },
  do: [
    { first: { call: 'tell', with: {} } },
    {
      approve: {
        if: '$workflow.input.waits == true',
        listen: { to: { one: { with: { type: 'go' } } } },
      },
    },
    { last: { call: 'tell', with: {} } },
  ],
})

async function begin({ client }: Life, waits: boolean): Promise<string> {
  const body = { workflow_text: document, input: { waits } }
  return (await client.call(operations.runs.start, { body })).id
}

/** Resolves when the run listens. */
async function listening({ client }: Life, id: string): Promise<void> {
  for await (const { subject, type } of client.follow(id)) {
    if (type.includes('task.started') && subject.endsWith('/approve')) return
  }
}

async function swapIn({ client }: Life, folder: string, version: string): Promise<void> {
  const body = { source: join(folder, version, 'executors/teller') }
  await client.call(operations.modules.swapOne, { params: { id: 'teller' }, body })
}

const versionsOf = (run: Run): readonly (string | null)[] =>
  run.tasks.filter(({ kind }) => kind === 'tell').map(({ version }) => version)

const rounds = Array.from({ length: times }, (_, round) => round + 1)
/** The version that comes in, and what a run in flight then sees. */
const swaps = [
  {
    host: 'in_process',
    version: 'v2',
    number: '1.1.0',
    followed: '1.1.0',
    // `swap.test.ts` dies after each of them, in one process.
    steps: every ? steps : ['stage', 'commit', 'flip'],
  },
  {
    host: 'process',
    version: 'v3',
    number: '2.0.0',
    followed: '1.0.0',
    steps: every ? steps : ['flip'],
  },
] as const

for (const { host, version, number, followed, steps } of swaps) {
  for (const step of steps) {
    test.each(rounds)(
      `a server that dies after "${step}" of a swap to ${number} (${host}) serves what was committed, and every run finishes (%i)`,
      { timeout: 60_000 },
      async () => {
        using world = setup()
        await using first = await live(world.folder, host, step)
        const ids = await Promise.all(Array.from({ length: runsInFlight }, () => begin(first, true)))
        await Promise.all(ids.map((id) => listening(first, id)))
        const asked = swapIn(first, world.folder, version)
        asked.catch(() => {}) // looked at below
        if (step === 'drain') {
          await asked // what has left is drained after that
          first.end('SIGKILL')
        }
        expect(await first.ended).toEqual([null, 'SIGKILL'])
        await asked.catch(() => {}) // nobody was left to answer

        await using second = await live(world.folder, host)
        const { client } = second
        const { generations } = await client.call(operations.modules.generations)
        const committed = generations.some(({ modules }) =>
          modules.some(({ id, version }) => id === 'teller' && version === number),
        )
        expect(committed).toBe(['commit', 'flip', 'drain'].includes(step))
        const serving = committed ? number : '1.0.0'
        const teller = await client.call(operations.modules.get, { params: { id: 'teller' } })
        expect(teller.version).toBe(serving)
        for (const id of ids) {
          await client.call(operations.runs.signal, { params: { id }, body: { type: 'go' } })
          const run = await client.ended(id)
          expect(run.status).toBe('completed')
          expect(versionsOf(run)).toEqual(['1.0.0', committed ? followed : '1.0.0'])
        }
        const after = await client.ended(await begin(second, false))
        expect(after).toMatchObject({ status: 'completed', output: serving })
        second.end('SIGTERM')
        expect(await second.ended).toEqual([0, null])
      },
    )
  }
}
