/** `run.command` in a test: a module that was set up, a folder of its own, and what of it is left at the end. */
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { TaskFault, type Blobs, type Json, type JsonObject, type Policy } from '@nexus/sdk'
import { memoryBlobs, testContext, testSetup, type TestContext } from '@nexus/sdk/testing'
import { Module } from '../main.ts'

export interface ProgramWorld {
  readonly module: Module
  readonly folder: string
  readonly blobs: Blobs
  readonly contextOf: (inputData: Json, signal?: AbortSignal) => TestContext
  /** The output of one program. */
  readonly run: (program: string, input?: JsonObject) => Promise<Json>
  /** The output of a script of the shell that is run as a program. */
  readonly sh: (script: string, input?: JsonObject) => Promise<Json>
}

export interface WorldOptions {
  readonly config?: JsonObject
  readonly programs?: Partial<Policy['programs']>
  readonly blobs?: Blobs
}

export async function setup(options: WorldOptions = {}): Promise<ProgramWorld> {
  const { config = {}, programs = {}, blobs = memoryBlobs() } = options
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'nexus-test-')))
  const policy = { network: { private: true }, programs: { allow: undefined, deny: [], ...programs } }
  const module = new Module()
  const ledger = testSetup({ policy })
  await module.setup(ledger)
  onTestFinished(async () => {
    await ledger.release()
    await rm(folder, { recursive: true, force: true })
  })
  const contextOf: ProgramWorld['contextOf'] = (inputData, signal) =>
    testContext({
      inputData,
      config: { working_directory: folder, kill_after_ms: 200, ...config },
      metadata: { kind: 'run.command' },
      idempotencyKey: 'key-1',
      policy,
      blobs,
      ...(signal && { signal }),
    })
  const run: ProgramWorld['run'] = async (program, input = {}) =>
    (await module.execute(contextOf({ program, ...input }))).outputData
  const sh: ProgramWorld['sh'] = (script, input = {}) =>
    run('sh', {
      arguments: ['-c', script, 'sh', ...((input['arguments'] as Json[]) ?? [])],
      ...without(input),
    })
  return { module, folder, blobs, contextOf, run, sh }
}

function without({ arguments: _arguments, ...input }: JsonObject): JsonObject {
  return input
}

export async function faultOf(work: Promise<unknown>): Promise<TaskFault> {
  const fault = await work.catch((error: unknown) => error)
  if (!(fault instanceof TaskFault)) throw new Error('This should have faulted.', { cause: fault })
  return fault
}

/** Whether a process is there and not merely waiting to be collected. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined)
  return stat !== undefined && !/\) [ZX] /.test(stat)
}

export async function gone(pid: number): Promise<void> {
  await expect.poll(() => isAlive(pid), { interval: 5, timeout: 3000 }).toBe(false)
}
