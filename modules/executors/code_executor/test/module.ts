/** The module as a test has it: set up with real boxes, and called by its tasks. */
import { onTestFinished } from 'vitest'
import { openPolicy, TaskFault, type Json, type JsonObject, type Policy } from '@nexus/sdk'
import { testContext, testSetup } from '@nexus/sdk/testing'
import { Module } from '../main.ts'

/** Until the test is over. */
export async function setup(config: JsonObject = {}, policy: Policy = openPolicy) {
  const started = await start(config, policy)
  onTestFinished(started.stop)
  return started
}

/** Until it is stopped. */
export async function start(config: JsonObject, policy: Policy) {
  const module = new Module()
  const ledger = testSetup({ config, policy })
  await module.setup(ledger)
  const perform = async (kind: string, inputData: Json): Promise<Json> => {
    const context = testContext({ inputData, config, policy, metadata: { kind } })
    return (await module.execute(context)).outputData
  }
  return {
    call: (language: string, code: string, more: JsonObject = {}) =>
      perform('code.run', { language, code, ...more }),
    doctor: () => perform('code_executor.doctor', {}),
    stop: () => ledger.release(),
  }
}

export async function faultOf(work: Promise<unknown>): Promise<TaskFault> {
  const fault = await work.catch((error: unknown) => error)
  if (!(fault instanceof TaskFault)) throw new Error('This should have faulted.', { cause: fault })
  return fault
}

/** With why V8 is not here, where it is not. */
export async function withV8(config: JsonObject = {}) {
  const { call, doctor } = await setup(config)
  const { boxes } = Object(await doctor()) as {
    boxes: { name: string; available: boolean; reason: string }[]
  }
  const v8 = boxes.find(({ name }) => name === 'v8')
  return { call, missing: v8?.available ? undefined : v8?.reason }
}
