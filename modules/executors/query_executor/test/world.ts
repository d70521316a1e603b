/** What the tests of this module share: the module set up to be called, and faults to look at. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { TaskFault, type Clock, type Json, type JsonObject, type Policy, type ProvidedTask } from '@nexus/sdk'
import { checkOutput, memoryBlobs, testContext, testSetup } from '@nexus/sdk/testing'
import { parse } from 'yaml'
import { Module } from '../main.ts'

const { provides } = parse(readFileSync(join(import.meta.dirname, '../manifest.yaml'), 'utf8')) as {
  provides: ProvidedTask[]
}

export interface World {
  readonly config?: JsonObject
  readonly secrets?: Readonly<Record<string, string>>
  readonly policy?: Policy
  readonly clock?: Clock
  readonly signal?: AbortSignal
  readonly idempotencyKey?: string
}

export async function setup(world: World = {}) {
  const module = new Module()
  const ledger = testSetup(world)
  await module.setup(ledger)
  const blobs = memoryBlobs()
  const caller =
    (kind: string) =>
    async (inputData: JsonObject, own: World = {}): Promise<Json> => {
      const context = testContext({ inputData, blobs, metadata: { kind }, ...world, ...own })
      const { outputData } = await module.execute(context)
      checkOutput(provides, kind, outputData)
      return outputData
    }
  const stop = async (): Promise<void> => {
    await module.teardown()
    await ledger.release()
  }
  onTestFinished(stop)
  return { module, blobs, stop, sql: caller('query.sql'), graphql: caller('query.graphql') }
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'query-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export async function faultOf(work: Promise<unknown>): Promise<TaskFault> {
  const fault = await work.then(
    (value) => new Error(`This should have faulted, and gave ${JSON.stringify(value).slice(0, 500)}`),
    (error: unknown) => error,
  )
  if (fault instanceof TaskFault) return fault
  throw fault
}

/** The last part of a fault's type, and what it says. */
export async function detailOf(work: Promise<unknown>): Promise<string> {
  const { error } = await faultOf(work)
  return `${error.type.split('/').at(-1)}: ${error.detail}`
}
