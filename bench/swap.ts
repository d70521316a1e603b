/**
 * `npm run bench:swap -- [--swaps 1000] [--host in_process|process] [--short]`: a server in a process of its own, with a
 * heap of 256 MB, whose executor is swapped again and again over HTTP while a hundred runs of it are in flight, all of
 * them over HTTP too. A tenth of the versions do not start: their set-up throws, never ends, or ends the process (which
 * only a module in a process of its own can do). Some are of another major version, some are swapped with an explicit
 * policy for the runs in flight. Prints JSON, by host. `--short`: 60 swaps.
 *
 *   dropped, duplicated, misrouted  runs that did not end as they must, tasks that were done twice, and tasks that were
 *                                   done by a version that their run may not see
 *   flip_ms                         from the last version serving to the new one serving (aim: 1)
 *   live_ms                         from beginning to stage a version until it is live (aim, p99: 100; in a process 500)
 *   save_ms                         from writing its source until the answer that it serves (aim, p50: 25); `quiet`: without
 *                                   runs in flight
 *   heap, rss                       what a swap leaves behind, over the last half (aim: 2,048 and 30,720 bytes)
 *   …_left                          what is there in the end and should not be
 */
import { operations } from '@nexus/api'
import { NexusError } from '@nexus/sdk'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { randomNumbers } from './measure.ts'
import { figuresOf, type Sample } from './swap/figures.ts'
import { Load } from './swap/load.ts'
import { MeasuredServer, type HostName } from './swap/measured_server.ts'
import type { Live } from './swap/routing.ts'
import { ledgerIn, versionsFor, writeVersion, type Version } from './swap/versions.ts'

const { values: options } = parseArgs({
  options: {
    swaps: { type: 'string', default: '1000' },
    host: { type: 'string', multiple: true, default: ['in_process', 'process'] },
    short: { type: 'boolean', default: false },
  },
})
const swaps = options.short ? 60 : Number(options.swaps)
/** How long a set-up may take; one that hangs holds up the swaps for as long. */
const setupMsMax = 500
/** The memory is measured every so many swaps, since a full collection takes a while. */
const memoryEvery = 25

/** Swaps without load, after those with. */
const quietSwaps = 20

const figures: Record<string, unknown> = {}
for (const host of options.host) {
  if (host !== 'in_process' && host !== 'process')
    throw new Error(`--host is in_process or process, not ${host}.`)
  figures[host] = await bench(host)
}
process.stdout.write(`${JSON.stringify({ node: process.version, ...figures }, null, 2)}\n`)

async function bench(host: HostName): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-swap-'))
  const [first, ...versions] = versionsFor(host, swaps)
  if (!first) throw new Error('There is nothing to swap.')
  writeFileSync(ledgerIn(folder), '') // a module in a process of its own may write what is there
  writeVersion(folder, first)
  const server = await MeasuredServer.start(folder, host, setupMsMax)
  try {
    return await measure(server, { folder, first, versions })
  } finally {
    await server.end().finally(() => {
      server.kill()
      rmSync(folder, { recursive: true, force: true })
    })
  }
}

function quietVersions(after: number): readonly Version[] {
  return Array.from({ length: quietSwaps }, (_, index) => ({
    number: `1000.${after + index}.0`,
    kind: 'fine',
  }))
}

interface Plan {
  readonly folder: string
  readonly first: Version
  readonly versions: readonly Version[]
}

async function measure(server: MeasuredServer, { folder, first, versions }: Plan): Promise<object> {
  const { client } = server
  const load = new Load(client, randomNumbers(11))
  load.start()
  const { samples, refused } = await swapAll(server, folder, versions)
  const runs = await load.stop()
  const quiet = await swapAll(server, folder, quietVersions(versions.length))
  await server.settle()
  const params = { id: 'swapped' }
  const { receipts } = await client.call(operations.modules.receipts)
  const { versions: there } = await client.call(operations.modules.get, { params })
  const { holders } = await client.call(operations.modules.holders, { params })
  return figuresOf({
    swaps: versions.length,
    refused,
    runs,
    samples,
    quiet: quiet.samples,
    receipts: receipts.slice(1),
    lives: livesOf(receipts, [first, ...versions]),
    ledger: readFileSync(ledgerIn(folder), 'utf8').trim().split('\n'),
    left: { versions: there.length, holders: holders.length, processes: server.children },
    memoryEvery,
  })
}

async function swapAll(
  server: MeasuredServer,
  folder: string,
  versions: readonly Version[],
): Promise<{ samples: readonly Sample[]; refused: number }> {
  const samples: Sample[] = []
  let refused = 0
  for (const [index, version] of versions.entries()) {
    const saveMs = await swapIn(server, folder, version)
    if (saveMs === undefined) refused++
    else samples.push({ saveMs, memory: index % memoryEvery === 0 ? await server.memory() : undefined })
    if ((index + 1) % 100 === 0) process.stderr.write(`${index + 1} of ${versions.length} swaps\n`)
  }
  return { samples, refused }
}

/** Milliseconds from writing its source until it serves; undefined where it was refused. */
async function swapIn(
  { client }: MeasuredServer,
  folder: string,
  version: Version,
): Promise<number | undefined> {
  const before = performance.now()
  const source = writeVersion(folder, version)
  const { runs } = version
  try {
    const body = { source, ...(runs && { runs }) }
    await client.call(operations.modules.swapOne, { params: { id: 'swapped' }, body })
  } catch (error) {
    if (!(error instanceof NexusError) || error.code !== 'module_failed') throw error
    // On a machine with more to do than it can, one that is fine may take too long as well.
    if (version.kind !== 'fine' || error.message.includes('DeadlineExceeded')) return undefined
    throw error
  }
  if (version.kind === 'fine') return performance.now() - before
  throw new Error(`Version ${version.number}, whose set-up ${version.kind}, was taken.`)
}

/** When each version went live, as the receipts say. */
function livesOf(
  receipts: readonly { at: string; changed: readonly { id: string; to: string | null }[] }[],
  versions: readonly Version[],
): readonly Live[] {
  const known = new Map(versions.map((version) => [version.number, version]))
  return receipts.flatMap(({ at, changed }) => {
    const version = known.get(changed.find(({ id }) => id === 'swapped')?.to ?? '')
    return version ? [{ at: Date.parse(at), version: version.number, runs: version.runs }] : []
  })
}
