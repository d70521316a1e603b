/**
 * Where goals are run: one Nexus, one folder whose files are laid out anew for each goal, one local HTTP server. A goal
 * is planned by `goal.plan` in a run of its own, and its plan is run as any document is.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { text as textOf } from 'node:stream/consumers'
import { isDeepStrictEqual } from 'node:util'
import { openNexus, type Nexus, type RunRecord } from '@nexus/nexus'
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import type { GoldenGoal } from './golden_set.ts'

export interface Verdict {
  readonly goal: GoldenGoal
  /** `missed`: refused, though it could be done. */
  readonly kind: 'right' | 'refused' | 'missed' | 'wrong'
  /** What is wrong with it. */
  readonly why?: string
}

export interface World {
  judge(goal: GoldenGoal): Promise<Verdict>
  [Symbol.asyncDispose](): Promise<void>
}

const fixtures = join(import.meta.dirname, 'fixtures')

export async function setup(): Promise<World> {
  const root = mkdtempSync(join(tmpdir(), 'nexus-goals-'))
  const folder = join(root, 'work')
  mkdirSync(folder)
  const server = await serve()
  const before = process.cwd()
  // Files in goals are relative to the folder in which Nexus works.
  process.chdir(folder)
  const nexus = await openNexus({
    data: join(root, 'data'),
    config: {
      goal_analyzer: { planner: 'patterns', patterns_folders: [join(import.meta.dirname, 'patterns')] },
    },
  })
  const parts = { nexus, folder, server }
  return {
    judge: (goal) => judge(parts, goal),
    async [Symbol.asyncDispose]() {
      await nexus.close()
      process.chdir(before)
      await new Promise((closed) => server.close(closed))
      rmSync(root, { recursive: true, force: true })
    },
  }
}

interface Parts {
  readonly nexus: Nexus
  readonly folder: string
  readonly server: Server
}

async function judge(parts: Parts, golden: GoldenGoal): Promise<Verdict> {
  const wrong = (why: string): Verdict => ({ goal: golden, kind: 'wrong', why })
  layOut(parts)
  const goal = localized(golden.goal, parts)
  const planned = await plan(parts, golden, goal)
  if (planned.status !== 'completed') {
    const detail = String(planned.error?.detail)
    if (golden.missed) return { goal: golden, kind: 'missed' }
    if (golden.refused === undefined) return wrong(`refused: ${detail}`)
    const unnamed = golden.refused.filter((word) => !detail.toLowerCase().includes(word.toLowerCase()))
    return unnamed.length === 0
      ? { goal: golden, kind: 'refused' }
      : wrong(`the refusal does not name ${unnamed.join(', ')}: ${detail}`)
  }
  const { workflow, steps } = (isJsonObject(planned.output) ? planned.output : {}) as {
    workflow: Json
    steps: { capability: string }[]
  }
  if (golden.refused) return wrong(`understood, as ${JSON.stringify(workflow)}`)
  const used = steps.map(({ capability }) => capability)
  const missing = (golden.plan ?? []).filter((capability) => !used.includes(capability))
  if (missing.length > 0) return wrong(`the plan does not use ${missing.join(', ')} but ${used.join(', ')}`)
  const record = await run(parts.nexus, JSON.stringify(workflow))
  const why = difference(parts, golden, record)
  return why === undefined
    ? { goal: golden, kind: 'right' }
    : wrong(`${why}\n    plan: ${JSON.stringify(workflow)}`)
}

/** With the context that `nexus goal` gets, where the set says so: what is known of the files that the goal names. */
async function plan({ nexus }: Parts, golden: GoldenGoal, goal: string): Promise<RunRecord> {
  const capabilities = nexus.modules
    .list()
    .flatMap(({ id, version, type, provides }) =>
      provides.map((provided) => ({ module: id, version, type, ...provided })),
    )
    .filter(({ task }) => golden.without?.includes(task) !== true)
  const input = { goal, capabilities: [...capabilities, ...broughtAlong] }
  const look = {
    call: 'context.analyze',
    with: { goal: '${ .goal }' },
    output: { as: '${ $input + {context: .} }' },
  }
  const planned = {
    call: 'goal.plan',
    with: { goal: '${ .goal }', capabilities: '${ .capabilities }', context: '${ .context }' },
  }
  const text = JSON.stringify({
    document: { dsl: '1.0.3', namespace: 'test', name: 'plan', version: '1.0.0' },
    do: [...(golden.context === true ? [{ look }] : []), { plan: planned }],
  })
  return run(nexus, text, JSON.parse(JSON.stringify(input)) as Json)
}

/** A capability that brings a pattern of its own; the catalogue is what says that it is there. */
const broughtAlong: readonly JsonObject[] = []

async function run(nexus: Nexus, text: string, input: Json = {}): Promise<RunRecord> {
  const checked = nexus.check(text)
  if (checked.problems.length > 0) throw new Error(`${JSON.stringify(checked.problems)} in ${text}`)
  const live = await nexus.run(checked, input)
  await live.ended
  return nexus.runs.get(live.id)
}

function difference({ folder }: Parts, golden: GoldenGoal, record: RunRecord): string | undefined {
  const detail = `${record.error?.detail}`
  if (golden.faults) {
    const unsaid = golden.faults.filter((word) => !detail.includes(word))
    return record.status === 'faulted' && unsaid.length === 0
      ? undefined
      : `${record.status}, not faulted with ${unsaid.join(', ')}: ${detail}`
  }
  if (record.status !== 'completed') return `${record.status}: ${detail}`
  if (golden.output !== undefined && !isSame(record.output, golden.output))
    return `gave ${JSON.stringify(record.output)}, not ${JSON.stringify(golden.output)}`
  for (const [name, expected] of Object.entries(golden.files ?? {})) {
    const path = join(folder, name)
    if (expected === null ? existsSync(path) : !existsSync(path))
      return `${name} is ${expected === null ? 'there' : 'not there'}`
    if (expected === null) continue
    const text = readFileSync(path, 'utf8')
    const found: unknown = typeof expected === 'string' ? text : JSON.parse(text)
    if (!isSame(found, expected))
      return `${name} has ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`
  }
  return undefined
}

/** Numbers to nine places. */
function isSame(found: unknown, expected: unknown): boolean {
  const rounded = (value: unknown): unknown =>
    JSON.parse(JSON.stringify(value ?? null), (_key, one: unknown) =>
      typeof one === 'number' ? Math.round(one * 1e9) / 1e9 : one,
    )
  return isDeepStrictEqual(rounded(found), rounded(expected))
}

/** The files of the fixtures as they were, with the address of the server in them. */
function layOut(parts: Parts): void {
  flaky.left = 2
  for (const name of readdirSync(parts.folder)) rmSync(join(parts.folder, name), { recursive: true })
  cpSync(fixtures, parts.folder, { recursive: true })
  const urls = join(parts.folder, 'urls.txt')
  writeFileSync(urls, localized(readFileSync(urls, 'utf8'), parts))
  const database = new DatabaseSync(join(parts.folder, 'shop.db'))
  database.exec(readFileSync(join(fixtures, 'shop.sql'), 'utf8'))
  database.close()
}

function localized(text: string, { server }: Parts): string {
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  return text.replaceAll('{server}', `http://127.0.0.1:${port}`)
}

const flaky = { left: 2 }

function serve(): Promise<Server> {
  const server = createServer((request, response) => void answer(request, response))
  return new Promise((ready) => server.listen(0, '127.0.0.1', () => ready(server)))
}

const things = ['one', 'two', 'three'].map((name, at) => ({ id: at + 1, name }))

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const json = (value: unknown): void =>
    void response.setHeader('content-type', 'application/json').end(JSON.stringify(value))
  const text = (type: string, value: string): void => void response.setHeader('content-type', type).end(value)
  const path = request.url ?? '/'
  const item = /^\/items\/(\d+)$/.exec(path)?.[1]
  if (item !== undefined) return json(things[Number(item) - 1] ?? null)
  if (path === '/users')
    return json([
      { id: 1, name: 'Ada', active: true },
      { id: 2, name: 'Grace', active: false },
      { id: 3, name: 'Linus', active: true },
    ])
  if (path === '/report.csv') return text('text/csv', 'name,value\na,10\nb,20\nc,30\n')
  if (path === '/config') return json({ version: '2.1', limits: { rows: 50 } })
  if (path === '/hello') return text('text/plain', 'hello world\nsecond line\n')
  if (path === '/echo') {
    const body: unknown = JSON.parse((await textOf(request)) || 'null')
    return json({ method: request.method, body })
  }
  if (path === '/flaky' && flaky.left === 0) return json({ ok: true })
  if (path === '/flaky') flaky.left -= 1
  response.statusCode = path === '/flaky' ? 503 : 404
  return json({ error: path })
}
