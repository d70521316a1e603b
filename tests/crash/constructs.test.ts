/**
 * Promise one over every construct. What is on disk after every other event of one run is kept and gone on with; and real
 * processes are killed with SIGKILL after some events. With `NEXUS_CRASH_EVERY=1` both after every one (some minutes).
 */
import { openNexus, type Nexus, type RunOutcome } from '@nexus/nexus'
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { expect, test } from 'vitest'
import { everyConstruct, inner, outcome } from './constructs.ts'
import { expectNothingTwice, look, seed, setup, start, type Ended, type Instant } from './life.ts'

const everyEvent = process.env['NEXUS_CRASH_EVERY'] !== undefined
/** Events between one kill of a real process and the next. */
const stride = everyEvent ? 1 : 31

const ours = join(import.meta.dirname, '../modules')

const open = (data: string, workflows: string): Promise<Nexus> =>
  openNexus({ data, workflows: [workflows], modules: [ours], trust: [ours] })

/** Runs the document once and keeps what is on disk after each event. Gives the folders. */
async function kept(world: ReturnType<typeof setup>): Promise<readonly string[]> {
  const folders: string[] = []
  const nexus = await open(world.data, world.folder)
  try {
    const live = await nexus.run(nexus.check(everyConstruct), { ledger: world.ledger })
    live.listen(() => folders.push(keep(world, folders.length)))
    expect(asEnd(await live.ended)).toEqual(outcome)
    return folders
  } finally {
    await nexus.close()
  }
}

/** What would be left if the process died now. */
function keep({ data, folder }: ReturnType<typeof setup>, number: number): string {
  const copy = join(folder, 'kept', String(number))
  mkdirSync(copy, { recursive: true })
  for (const name of ['nexus.db', 'nexus.db-wal', 'blobs', 'artifacts']) {
    if (existsSync(join(data, name))) cpSync(join(data, name), join(copy, name), { recursive: true })
  }
  return copy
}

/** Goes on with what was kept, and gives how the run ended; the two that it began have completed too. */
async function resumed(folder: string, workflows: string): Promise<Ended> {
  const nexus = await open(folder, workflows)
  try {
    await nexus.start()
    await nexus.idle()
    const runs = await nexus.runs.list()
    expect(runs.map(({ status }) => status)).toEqual(['completed', 'completed', 'completed'])
    const { status, output, error } = await nexus.runs.get(runs.at(-1)?.id ?? '')
    return { status, output, error }
  } finally {
    await nexus.close()
  }
}

function asEnd(ended: RunOutcome): Ended {
  if (ended.status === 'completed') return { ...ended, error: null }
  return { status: ended.status, output: null, error: ended.status === 'faulted' ? ended.error : null }
}

test(
  'a run of every construct goes on from what is on disk after any of its events',
  { timeout: 240_000 },
  async () => {
    using world = setup(everyConstruct)
    writeFileSync(join(world.folder, 'inner.json'), inner)
    const folders = await kept(world)
    expect(folders.length).toBeGreaterThan(80)
    const wrong: unknown[] = []
    for (const [event, folder] of folders.entries()) {
      if (!everyEvent && event % 2 !== seed % 2) continue
      const end = await resumed(folder, world.folder)
      if (!isDeepStrictEqual(end, outcome)) wrong.push({ event, ...end })
    }
    expect(wrong).toEqual([])
  },
)

test(
  'a run of every construct that is killed after an event ends as if nothing had happened',
  { timeout: 3_600_000 },
  async () => {
    using counting = setup(everyConstruct)
    writeFileSync(join(counting.folder, 'inner.json'), inner)
    const events = (await kept(counting)).length
    for (let event = 1 + (seed % stride); event < events; event += stride) {
      using world = setup(everyConstruct)
      writeFileSync(join(dirname(world.document), 'inner.json'), inner)
      const args = world.args()
      const instants: Instant[] = []
      let ended: Ended | undefined = await start([...args, '--kill-after', String(event)]).ended
      instants.push(await look(world.data, world.ledger))
      ended ??= await start(args).ended
      expect({ event, ...ended }).toEqual({ event, ...outcome })
      expectNothingTwice(world.ledger, instants)
    }
  },
)
