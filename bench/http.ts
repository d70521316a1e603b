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
const warmUpCalls = 10_000
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
  const subjects = {
    bare: () => inParallel(calls, () => callBare(endpoint)),
    module: () => inParallel(calls, () => callModule(endpoint)),
    nexus: () => callNexus(nexus, endpoint),
  }
  process.stderr.write('warming up\n')
  await inParallel(warmUpCalls, () => callBare(endpoint))
  await inParallel(warmUpCalls, () => callModule(endpoint))
  await callNexus(nexus, endpoint)
  const perSecond: Record<keyof typeof subjects, number[]> = { bare: [], module: [], nexus: [] }
  for (let round = 1; round <= rounds; round++) {
    process.stderr.write(`round ${round} of ${rounds}\n`)
    perSecond.bare.push((calls * 1000) / (await timed(subjects.bare)))
    perSecond.module.push((calls * 1000) / (await timed(subjects.module)))
    perSecond.nexus.push((callsOfRun * 1000) / (await timed(subjects.nexus)))
  }
  process.stdout.write(`${JSON.stringify(report(perSecond), null, 2)}\n`)
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

function report(perSecond: Record<'bare' | 'module' | 'nexus', number[]>) {
  const ratios = (subject: 'module' | 'nexus'): number[] =>
    perSecond[subject].map((speed, round) => speed / (perSecond.bare[round] ?? Number.NaN))
  return {
    calls,
    at_once: atOnce,
    rounds,
    calls_per_second: {
      bare_undici: rounded(median(perSecond.bare)),
      module: rounded(median(perSecond.module)),
      nexus: rounded(median(perSecond.nexus)),
    },
    module_of_bare: rounded(median(ratios('module'))),
    nexus_of_bare: rounded(median(ratios('nexus'))),
    aim_module_of_bare: 0.6,
  }
}
