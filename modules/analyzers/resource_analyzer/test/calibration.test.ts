/**
 * Whether estimates hold: 200 runs of synthetic plans, made with a seed, whose tasks take times from distributions that the
 * module does not know. What a run takes is worked out here, apart from the module's own simulation. `npm run estimates`
 * prints the shares.
 */
import type { JsonObject } from '@nexus/sdk'
import { expect, test } from 'vitest'
import { call, setup } from './world.ts'

/** Numbers from 0 to 1: a linear congruential generator (Numerical Recipes), another one than the module's. */
function dice(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return (state + 0.5) / 4_294_967_296
  }
}

const normal = (roll: () => number): number =>
  Math.sqrt(-2 * Math.log(roll())) * Math.cos(2 * Math.PI * roll())

const distributions: Readonly<Record<string, (roll: () => number) => number>> = {
  'test.steady': (roll) => 40 + roll(),
  'test.uniform': (roll) => 10 + 90 * roll(),
  'test.exponential': (roll) => -80 * Math.log(roll()),
  'test.lognormal': (roll) => Math.exp(4 + 0.8 * normal(roll)),
  'test.bimodal': (roll) => (roll() < 0.8 ? 20 + 4 * roll() : 400 + 80 * roll()),
  'test.pareto': (roll) => 15 * roll() ** (-1 / 2.5),
}
const capabilities = Object.keys(distributions)

interface Planned {
  readonly tasks: readonly JsonObject[]
  /** What one run takes. */
  readonly run: () => number
}

/** One to four steps in a row; every third is a fork, and every fourth a map of six items on two slots. */
function planOf(roll: () => number, took: (capability: string) => number): Planned {
  const pick = (): string => capabilities[Math.floor(roll() * capabilities.length)] ?? ''
  const steps = Array.from({ length: 1 + Math.floor(roll() * 4) }, (_, index) => {
    const kind = roll()
    if (kind < 0.3) return forkOf([pick(), pick(), pick()], index, took)
    if (kind < 0.5) return mapOf(pick(), index, took)
    const capability = pick()
    return { task: call(`t${index}`, capability), run: () => took(capability) }
  })
  return { tasks: steps.map(({ task }) => task), run: () => steps.reduce((sum, step) => sum + step.run(), 0) }
}

function forkOf(names: readonly string[], index: number, took: (capability: string) => number) {
  const branches = names.map((name, branch) => call(`b${branch}`, name))
  return { task: { [`f${index}`]: { fork: { branches } } }, run: () => Math.max(...names.map(took)) }
}

function mapOf(name: string, index: number, took: (capability: string) => number) {
  const given = { in: [1, 2, 3, 4, 5, 6], concurrency: 2, do: [call('each', name)] }
  const run = (): number => {
    const lanes = [0, 0]
    for (let item = 0; item < 6; item++) {
      lanes.sort((a, b) => a - b)
      lanes[0] = (lanes[0] ?? 0) + took(name)
    }
    return Math.max(...lanes)
  }
  return { task: { [`m${index}`]: { call: 'nexus.map', with: given } }, run }
}

async function shareWithin(seed: number, historyLength: number, runs: number): Promise<JsonObject> {
  const world = setup()
  const roll = dice(seed)
  const took = (capability: string): number => {
    const durationMs = distributions[capability]?.(roll) ?? 0
    world.ended({ capability, durationMs })
    return durationMs
  }
  for (let index = 0; index < historyLength; index++) for (const capability of capabilities) took(capability)
  for (let run = 0; run < runs; run++) {
    const plan = planOf(roll, took)
    const estimate = await world.estimate(plan.tasks)
    await world.observe(estimate, `run ${run}`, plan.run())
  }
  return (await world.calibration())['runs'] as JsonObject
}

test('over 200 runs of synthetic tasks, p90 holds in 85 to 95 % of them, and p50 in about half', async () => {
  for (const seed of [1, 2, 3]) {
    const shares = await shareWithin(seed, 30, 200)
    console.log(
      `seed ${seed}: 200 runs, within p50 ${Number(shares['within_p50'])}, within p90 ${Number(shares['within_p90'])}`,
    )
    expect(shares['count']).toBe(200)
    expect(shares['within_p90']).toBeGreaterThanOrEqual(0.85)
    expect(shares['within_p90']).toBeLessThanOrEqual(0.95)
    expect(Math.abs(Number(shares['within_p50']) - 0.5)).toBeLessThan(0.12)
  }
})
