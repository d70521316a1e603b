/**
 * Goals under SIGKILL, with real processes: a run of two goals that is killed after an event of its journal, with
 * `NEXUS_CRASH_EVERY=1` after every one (some minutes), ends with the same answer; each recorded result is used once, each
 * decision told once, and no answer of the model that is recorded is asked for again.
 */
import { readRuns } from '@nexus/nexus'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { effects, makeGoalWorld, outcome, scriptedModel, told, type GoalWorld } from './goal_world.ts'
import { linesOf, seed } from './life.ts'

/** Events between one kill and the next. */
const strideUsual = 61
const everyEvent = process.env['NEXUS_CRASH_EVERY'] !== undefined
/** A life that hangs is ended by SIGTERM, which no test expects. */
const lifeMsMax = 60_000

interface Life {
  readonly ended: unknown
  readonly told: unknown
  readonly events: number
}

/** What it says at its end; undefined where it was killed. */
async function life(world: GoalWorld, model: string, killAfter?: number): Promise<Life | undefined> {
  const args = [join(import.meta.dirname, 'goal_child.ts'), '--folder', world.folder, '--model', model]
  const kill = killAfter === undefined ? [] : ['--kill-after', String(killAfter)]
  const child = spawn(process.execPath, [...args, ...kill], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: lifeMsMax,
    // What a killed process leaves in its temporary folder goes with the test's own.
    env: { ...process.env, TMPDIR: world.folder },
  })
  let said = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null]
  expect({ killAfter, code, signal }).toEqual(
    said === '' ? { killAfter, code: null, signal: 'SIGKILL' } : { killAfter, code: 0, signal: null },
  )
  return said === '' ? undefined : (JSON.parse(said) as Life)
}

/** What is recorded as done, by run and path: answers of the model, and effects. */
async function recordedIn({ data }: GoalWorld): Promise<{ answers: number; effects: ReadonlySet<string> }> {
  const reader = readRuns(data)
  const runs = (await reader?.list()) ?? []
  const records = await Promise.all(runs.map(async ({ id }) => reader?.get(id)))
  await reader?.close()
  const ended = records.flatMap((record) =>
    (record?.tasks ?? [])
      .filter(({ status }) => status === 'completed' || status === 'faulted')
      .map(({ kind, path }) => ({ kind, key: `${record?.id}:${path}` })),
  )
  return {
    answers: ended.filter(({ kind }) => kind === 'llm.chat').length,
    effects: new Set(ended.filter(({ kind }) => kind.includes('test.')).map(({ key }) => key)),
  }
}

const namesIn = (lines: readonly string[]): string[] => lines.map((line) => line.split(' ')[0] ?? '')

test(
  'goals that are not killed come to their answer, and tell what they do',
  { timeout: 120_000 },
  async () => {
    using world = makeGoalWorld()
    await using model = await scriptedModel()
    expect(await life(world, model.url)).toMatchObject({ ended: outcome, told })
    expect(model.asked).toEqual(['not valid', 'mended', 'replanned', 'advised'])
    expect(namesIn(linesOf(world.ledger))).toEqual(effects)
  },
)

/** Kills after that event, and goes on. Gives whether there was such an event. */
async function killedAfter(event: number): Promise<boolean> {
  using world = makeGoalWorld()
  await using model = await scriptedModel()
  const answers = ['not valid', 'mended', 'replanned', 'advised']
  if (await life(world, model.url, event)) return false
  const recorded = await recordedIn(world)
  const before = { asked: model.asked.length, lines: linesOf(world.ledger).length }
  const end = await life(world, model.url)
  expect({ event, ...end }).toMatchObject({ event, ended: outcome, told })
  expect({ event, asked: model.asked.slice(before.asked) }).toEqual({
    event,
    asked: answers.slice(recorded.answers),
  })
  const lines = linesOf(world.ledger)
  const again = lines.slice(before.lines).filter((line) => recorded.effects.has(line.split(' ')[1] ?? ''))
  expect({ event, again }).toEqual({ event, again: [] })
  expect(namesIn([...new Set(lines)])).toEqual(effects)
  return true
}

test(
  'goals that are killed after an event go on as if nothing had happened',
  { timeout: 3_600_000 },
  async () => {
    const stride = everyEvent ? 1 : strideUsual
    let event = 1 + (seed % stride)
    while (await killedAfter(event)) event += stride
    expect(event).toBeGreaterThan(150)
  },
)
