/**
 * Promise one: nothing recorded is lost. Processes are killed with SIGKILL at many instants and resumed; the outcome
 * must be that of an uninterrupted run, and no recorded result may be computed twice.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { serveDataSets } from '../../examples/weather/data_server.ts'
import { randomNumbers } from '../../bench/measure.ts'
import { twoHundredTasks } from './documents.ts'
import { expectNothingTwice, linesOf, look, seed, setup, start, type Ended, type Instant } from './life.ts'

/** The kills of one test at most; a run that is killed often enough must still get to its end. */
const killsMax = 40
const testMsMax = 180_000

async function uninterrupted(input: object): Promise<Ended | undefined> {
  using world = setup(twoHundredTasks)
  const args = world.args(input)
  return await start(args).ended
}

test(
  'a run of 200 tasks that is killed at event after event ends as if nothing had happened',
  { timeout: testMsMax },
  async () => {
    const expected = await uninterrupted({})
    expect(expected).toMatchObject({ status: 'completed' })
    using world = setup(twoHundredTasks)
    const random = randomNumbers(seed)
    const args = world.args()
    const instants: Instant[] = []
    let ended: Ended | undefined
    while (!ended && instants.length < killsMax) {
      ended = await start([...args, '--kill-after', String(1 + Math.floor(random() * 80))]).ended
      instants.push(await look(world.data, world.ledger))
    }
    ended ??= await start(args).ended
    expect(instants.length).toBeGreaterThan(3)
    expect(ended).toEqual(expected)
    expectNothingTwice(world.ledger, instants)
  },
)

test(
  'a run of 200 tasks that is killed from outside at any moment ends as if nothing had happened',
  { timeout: testMsMax },
  async () => {
    const expected = await uninterrupted({})
    using world = setup(twoHundredTasks)
    const random = randomNumbers(seed + 1)
    const args = world.args()
    const instants: Instant[] = []
    let ended: Ended | undefined
    for (let kills = 0; !ended && kills < 8; kills++) {
      const { child, begun, ended: end } = start(args)
      await begun
      const killing = setTimeout(() => child.kill('SIGKILL'), random() * 40)
      ended = await end
      clearTimeout(killing)
      instants.push(await look(world.data, world.ledger))
    }
    ended ??= await start(args).ended
    expect(ended).toEqual(expected)
    expectNothingTwice(world.ledger, instants)
  },
)

test(
  'the example that is killed again and again writes the same report',
  { timeout: testMsMax },
  async () => {
    const server = await serveDataSets()
    try {
      const example = readFileSync(join(import.meta.dirname, '../../examples/weather/workflow.yaml'), 'utf8')
      using whole = setup(example)
      const inputOf = (folder: string): object => ({
        data: server.url('weather.csv'),
        folder: join(folder, 'out'),
      })
      const expected = await start(whole.args(inputOf(whole.folder))).ended
      expect(expected).toMatchObject({ status: 'completed' })

      using world = setup(example)
      const random = randomNumbers(seed + 2)
      const args = world.args(inputOf(world.folder))
      const instants: Instant[] = []
      let ended: Ended | undefined
      for (let kills = 0; !ended && kills < 9; kills++) {
        ended = await start([...args, '--kill-after', String(1 + Math.floor(random() * 4))]).ended
        instants.push(await look(world.data, world.ledger))
      }
      ended ??= await start(args).ended
      expect(ended?.status).toBe('completed')
      expect(instants.length).toBeGreaterThan(3)
      for (const file of ['report.md', 'rain.svg']) {
        expect(readFileSync(join(world.folder, 'out', file), 'utf8')).toBe(
          readFileSync(join(whole.folder, 'out', file), 'utf8'),
        )
      }
    } finally {
      await server.close()
    }
  },
)

test(
  'an effect that the process died in runs again with the same key, and reads the same time',
  { timeout: testMsMax },
  async () => {
    using world = setup('')
    const command = `echo "$NEXUS_IDEMPOTENCY_KEY $TIME" >> ${world.ledger}; test $(wc -l < ${world.ledger}) -gt 1 || kill -9 $PPID; echo done`
    const shell = { command, environment: { TIME: '${ now | tostring }' } }
    const document = { dsl: '1.0.3', namespace: 'test', name: 'twice', version: '1.0.0' }
    writeFileSync(world.document, JSON.stringify({ document, do: [{ twice: { run: { shell } } }] }))
    const args = ['--data', world.data, '--document', world.document]
    expect(await start(args).ended).toBeUndefined()
    expect(await start(args).ended).toMatchObject({ status: 'completed', output: 'done\n' })
    const [first, second, ...more] = linesOf(world.ledger)
    expect(second).toBe(first)
    expect(more).toEqual([])
  },
)
