/** What holds of every goal: a sentence of the grammar gives a valid document, and nothing at all gives anything but a plan or a fault. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { openNexus } from '@nexus/nexus'
import { isJsonObject, TaskFault, type Json } from '@nexus/sdk'
import { testContext, testSetup } from '@nexus/sdk/testing'
import patterns from '../../modules/analyzers/goal_analyzer/patterns.json' with { type: 'json' }
import { Module } from '../../modules/analyzers/goal_analyzer/main.ts'
import { sentences, soups } from './generator.ts'

const folder = mkdtempSync(join(tmpdir(), 'nexus-goals-'))
const nexus = await openNexus({ data: folder })
afterAll(async () => {
  await nexus.close()
  rmSync(folder, { recursive: true, force: true })
})
const capabilities = nexus.modules.list().flatMap(({ provides }) => provides.map(({ task }) => ({ task })))
const module = new Module()
await module.setup(testSetup())

/** What an aggregate gives has other columns than what it is of, or none: a clause behind it that asks for those is refused. */
async function planned(goal: string): Promise<Json> {
  try {
    return await plan(goal)
  } catch (error) {
    const isGone =
      error instanceof TaskFault && /^(?:There is no column “|This is one value)/.test(error.message)
    if (isGone) return null
    throw error
  }
}

function plan(goal: string): Promise<Json> {
  return module.analyze(testContext({ inputData: { goal, capabilities }, config: { planner: 'patterns' } }))
}

test('a sentence of the grammar gives a document that is valid', async () => {
  await fc.assert(
    fc.asyncProperty(sentences, async (goal) => {
      const found = await planned(goal)
      if (found === null) return
      const { workflow } = isJsonObject(found) ? found : {}
      const { problems } = nexus.check(JSON.stringify(workflow))
      expect(problems).toEqual([])
    }),
    { numRuns: 150 },
  )
})

test('the same goal gives the same plan', async () => {
  await fc.assert(
    fc.asyncProperty(sentences, async (goal) => {
      expect(await planned(goal)).toEqual(await planned(goal))
    }),
    { numRuns: 20 },
  )
})

test('a soup of words gives a plan that is valid or a fault, and soon', async () => {
  const words = [...new Set(Object.values(patterns.words).flat())]
  const times: number[] = []
  await fc.assert(
    fc.asyncProperty(soups(words), async (goal) => {
      const before = process.cpuUsage()
      const planned = await plan(goal).catch((error: unknown) => error)
      times.push(process.cpuUsage(before).user / 1000)
      if (planned instanceof TaskFault) return
      if (planned instanceof Error) throw planned
      const { workflow } = isJsonObject(planned) ? planned : {}
      expect(nexus.check(JSON.stringify(workflow)).problems).toEqual([])
    }),
    { numRuns: 300 },
  )
  expect(Math.max(...times)).toBeLessThan(200)
})

/** Sentences that are as long, and as deep in one another, as a goal may be. */
const row = (times: number, part: (at: number) => string, between = ' ') =>
  Array.from({ length: times }, (_, at) => part(at)).join(between)

test.for([
  ['many files', `read ${row(150, (at) => `f${at}.csv`, ' and ')}`],
  ['many conditions', `show the rows of a.csv where ${row(80, (at) => `c${at} > ${at}`, ' and ')}`],
  ['many aggregates', `show ${row(60, (at) => `the sum of c${at}`, ' and ')} in a.csv`],
  ['values in values', `show ${row(60, () => 'the first 2 rows of')} a.csv`],
  ['brackets in brackets', `show the rows of a.csv where ${'('.repeat(150)}a > 1${')'.repeat(150)}`],
  ['conditions in conditions', `${row(60, () => 'if it is empty,')} count it`],
  ['loops in loops', `${row(50, () => 'for each row in a.csv,')} count it`],
])('a goal with %s is answered soon', async ([, goal]) => {
  const times: number[] = []
  for (let round = 0; round < 3; round++) {
    const before = process.cpuUsage()
    const planned = await plan(goal ?? '').catch((error: unknown) => error)
    times.push(process.cpuUsage(before).user / 1000)
    if (planned instanceof Error) expect(planned).toBeInstanceOf(TaskFault)
  }
  expect(Math.min(...times)).toBeLessThan(200)
})
