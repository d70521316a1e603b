/** The worlds that tests of containers run in: a stand-in engine on the PATH, or the real ones that this machine has. */
import { spawnSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach } from 'vitest'
import { systemClock, TaskFault, type Clock, type Json, type JsonObject } from '@nexus/sdk'
import { testContext, testSetup, type TestContext } from '@nexus/sdk/testing'
import { Module } from '../main.ts'

const cleanups: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
})

export function onCleanup(cleanup: () => Promise<unknown>): void {
  cleanups.push(cleanup)
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-test-'))
  onCleanup(() => rm(folder, { recursive: true }))
  return folder
}

/** Sets a variable of the host until the test is over. */
export function setVariable(name: string, value: string): void {
  const before = process.env[name]
  process.env[name] = value
  onCleanup(async () => {
    if (before === undefined) delete process.env[name]
    else process.env[name] = before
  })
}

export interface ModuleWorld {
  readonly module: Module
  readonly ledger: ReturnType<typeof testSetup>
  readonly folder: string
  readonly contextOf: (container: Json, more?: ContextOptions) => TestContext
  readonly run: (container: Json, more?: ContextOptions) => Promise<Json | undefined>
}

export interface ContextOptions {
  readonly key?: string
  readonly signal?: AbortSignal
  readonly returns?: string
}

/** A module that is set up, and released after the test. Each world has an idempotency key of its own. */
export async function setupModule(config: JsonObject = {}, clock: Clock = systemClock): Promise<ModuleWorld> {
  const folder = await temporaryFolder()
  const complete = { working_directory: folder, ...config }
  const module = new Module()
  const ledger = testSetup({ config: complete, clock })
  await module.setup(ledger)
  onCleanup(() => ledger.release())
  const contextOf: ModuleWorld['contextOf'] = (container, { key = folder, signal, returns } = {}) =>
    testContext({
      inputData: { container, ...(returns !== undefined && { return: returns }) },
      config: complete,
      metadata: {
        kind: 'run.container',
        name: 'my task',
        workflow: { namespace: 'shop', name: 'nightly', version: '1.0.0' },
      },
      idempotencyKey: key,
      ...(signal && { signal }),
    })
  const run: ModuleWorld['run'] = async (container, more) =>
    (await module.execute(contextOf(container, more))).outputData
  return { module, ledger, folder, contextOf, run }
}

export interface Call {
  readonly arguments: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly pid: number
}

export interface StandIn {
  readonly program: string
  calls(command: string): Promise<readonly Call[]>
  containers(): Promise<readonly Record<string, Json>[]>
  /** `down`: it cannot be reached; `hangs`: it never answers; `up` again. */
  daemon(state: 'up' | 'down' | 'hangs'): Promise<void>
  /** What it says instead of creating a container. */
  refuse(message: string): Promise<void>
}

/** Puts a stand-in engine of that name first on the PATH. What its containers run is ended after the test. */
export async function standIn(name: 'docker' | 'podman' = 'docker'): Promise<StandIn> {
  const folder = await temporaryFolder()
  const state = join(folder, 'state')
  await mkdir(state)
  const program = join(folder, name)
  const source = join(import.meta.dirname, 'stand_in_engine.ts')
  await writeFile(program, `#!/bin/sh\nexec '${process.execPath}' '${source}' '${state}' "$@"\n`)
  await chmod(program, 0o755)
  setVariable('PATH', folder + delimiter + (process.env['PATH'] ?? ''))
  const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '')
  const engine: StandIn = {
    program,
    async calls(command) {
      const calls = lines(await readFile(join(state, 'calls'), 'utf8')).map((line): Call => JSON.parse(line))
      return calls.filter((call) => call.arguments[0] === command)
    },
    async containers() {
      const names = (await readdir(state)).filter((file) => file.endsWith('.container'))
      return Promise.all(names.map(async (file) => JSON.parse(await readFile(join(state, file), 'utf8'))))
    },
    daemon: (how) => writeFile(join(state, 'daemon'), how),
    refuse: (message) => writeFile(join(state, 'refusal'), message),
  }
  onCleanup(async () => {
    for (const { pid } of await engine.containers()) if (typeof pid === 'number') killSession(pid)
  })
  return engine
}

function killSession(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

export interface RealEngine {
  readonly program: string
  readonly image: string
  /** Why it cannot be tested with, if so. */
  readonly why: string | undefined
  /** Its program is here, but it does not answer. */
  readonly isDaemonless: boolean
}

/** An image with a shell that the engine has already: tests pull nothing. */
const testImage = process.env['NEXUS_TEST_IMAGE'] ?? 'alpine'

export function realEngine(program: string): RealEngine {
  const ask = (...vector: string[]) => spawnSync(program, vector, { stdio: 'ignore', timeout: 5000 })
  const version = ask('version')
  const isDaemonless = version.error === undefined && version.status !== 0
  const about = { program, image: testImage, isDaemonless }
  if (version.status !== 0) return { ...about, why: 'it does not answer here' }
  if (ask('image', 'inspect', testImage).status === 0) return { ...about, why: undefined }
  return { ...about, why: `it does not have the image ${testImage} (NEXUS_TEST_IMAGE)` }
}

/** Whether a process of this machine runs. One that is dead but not collected yet does not. */
export async function isHostAlive(pid: string): Promise<boolean> {
  const stat = await readFile(`/proc/${pid.trim()}/stat`, 'utf8').catch(() => ') X ')
  return !/\) [ZX] /.test(stat)
}

export async function faultOf(work: Promise<unknown>): Promise<TaskFault> {
  const fault = await work.catch((error: unknown) => error)
  if (!(fault instanceof TaskFault)) throw new Error('This should have faulted.', { cause: fault })
  return fault
}
