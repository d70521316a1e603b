/**
 * `npm run bench:http`: calls through the module of `call: http`, and through a whole Nexus, beside the bare HTTP client
 * that the module is built on, against a service in a process of its own. Prints JSON. Rounds of each alternate, and
 * medians are quoted, since machines are noisy; compare the ratios.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { openNexus, type Nexus } from '@nexus/nexus'
import { testContext, testSetup } from '@nexus/sdk/testing'
import { Agent, request } from 'undici'
import { Module } from '../modules/executors/api_executor/main.ts'
import { median, rounded, timed } from './measure.ts'

const calls = 10_000
const atOnce = 64
const rounds = 7
/** A round takes turns so often, so that what else the machine does slows all of them alike. */
const turns = 10
const warmUpCalls = 20_000
/** Calls of one run of the engine, which records each of them. */
const callsOfRun = 1_000

const service = fork(fileURLToPath(new URL('http_service.ts', import.meta.url)))
const folder = mkdtempSync(join(tmpdir(), 'nexus-bench-'))
const modules = [fileURLToPath(new URL('../modules', import.meta.url))]
const nexus = await openNexus({ data: join(folder, 'data'), modules, trust: modules })
const agent = new Agent({ connections: atOnce })
const ledger = testSetup({})
const module = new Module()
try {
  const endpoint = `http://127.0.0.1:${await portOf(service)}/item`
  await module.setup(ledger)
  const subjects: Subjects = {
    bare: (count) => inParallel(count, () => callBare(endpoint)),
    module: (count) => inParallel(count, () => callModule(endpoint)),
    nexus: () => callNexus(nexus, endpoint),
  }
  process.stderr.write('warming up\n')
  await subjects.bare(warmUpCalls)
  await subjects.module(warmUpCalls)
  await subjects.nexus(callsOfRun)
  const rows: Row[] = []
  for (let round = 1; round <= rounds; round++) {
    process.stderr.write(`round ${round} of ${rounds}\n`)
    rows.push(await measure(subjects))
  }
  process.stdout.write(`${JSON.stringify(report(rows), null, 2)}\n`)
} finally {
  await ledger.release()
  await agent.destroy()
  await nexus.close()
  service.disconnect()
  rmSync(folder, { recursive: true, force: true })
}

async function portOf(child: ChildProcess): Promise<number> {
  const [port] = (await once(child, 'message')) as [number]
  return port
}

async function inParallel(count: number, call: () => Promise<void>): Promise<void> {
  let left = count
  const worker = async (): Promise<void> => {
    while (left-- > 0) await call()
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

async function callBare(endpoint: string): Promise<void> {
  const { statusCode, body } = await request(endpoint, { dispatcher: agent })
  check(await body.json(), statusCode)
}

async function callModule(endpoint: string): Promise<void> {
  const context = testContext({ inputData: { method: 'get', endpoint }, metadata: { kind: 'http' } })
  const { outputData } = await module.execute(context)
  check(outputData, 200)
}

/** One run that makes a thousand calls, `atOnce` at a time, each recorded on disk before the run ends. */
async function callNexus(open: Nexus, endpoint: string): Promise<void> {
  const fetchOne = { fetch: { call: 'http', with: { method: 'get', endpoint } } }
  const items = Array.from({ length: callsOfRun }, (_, index) => index)
  const map = { call: 'nexus.map', with: { in: items, do: [fetchOne], concurrency: atOnce } }
  const text = JSON.stringify({
    document: { dsl: '1.0.3', namespace: 'bench', name: 'http', version: '1.0.0' },
    do: [{ all: map }],
  })
  const live = await open.run(open.check(text), null)
  const { status } = await live.ended
  if (status !== 'completed') throw new Error(`A run of the bench is ${status}.`)
}

function check(value: unknown, status: number): void {
  if (status !== 200 || typeof value !== 'object') throw new Error(`A call went wrong: ${status}.`)
}

type Name = 'bare' | 'module' | 'nexus'
type Subjects = Readonly<Record<Name, (count: number) => Promise<void>>>
interface Cost {
  readonly callsPerSecond: number
  readonly cpuUsPerCall: number
}
type Row = Readonly<Record<Name, Cost>>

async function measure(subjects: Subjects): Promise<Row> {
  const spent = { bare: { ms: 0, cpuUs: 0 }, module: { ms: 0, cpuUs: 0 }, nexus: { ms: 0, cpuUs: 0 } }
  const turn = async (name: Name, count: number): Promise<void> => {
    const before = process.cpuUsage()
    spent[name].ms += await timed(() => subjects[name](count))
    const { user, system } = process.cpuUsage(before)
    spent[name].cpuUs += user + system
  }
  for (let taken = 0; taken < turns; taken++) {
    await turn('bare', calls / turns)
    await turn('module', calls / turns)
  }
  await turn('nexus', callsOfRun)
  const cost = (name: Name, count: number): Cost => ({
    callsPerSecond: (count * 1000) / spent[name].ms,
    cpuUsPerCall: spent[name].cpuUs / count,
  })
  return { bare: cost('bare', calls), module: cost('module', calls), nexus: cost('nexus', callsOfRun) }
}

function report(rows: readonly Row[]) {
  const of = (name: Name) => ({
    calls_per_second: rounded(median(rows.map((row) => row[name].callsPerSecond))),
    cpu_us_per_call: rounded(median(rows.map((row) => row[name].cpuUsPerCall))),
  })
  const speedOfBare = (name: Name): number =>
    rounded(median(rows.map((row) => row[name].callsPerSecond / row.bare.callsPerSecond)))
  return {
    calls,
    at_once: atOnce,
    rounds,
    bare_undici: of('bare'),
    module: of('module'),
    nexus: of('nexus'),
    module_of_bare: speedOfBare('module'),
    nexus_of_bare: speedOfBare('nexus'),
    aims: { 'module_of_bare >= 0.6': speedOfBare('module') >= 0.6 },
    node: process.version,
  }
}
