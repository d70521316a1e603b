/**
 * A secret that a module asks for by its manifest, in a run whose document declares none: it may be in nothing that is
 * recorded, shown, logged or kept, wherever the module puts it. In each host and language.
 */
import type { Log } from '@nexus/sdk'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Nexus, NexusOptions, RunRecord } from '../src/index.ts'
import { documentOf, setup, type World } from './world.ts'

const secret = 'tour-key-4711-of-the-guide'
const lines = 'first line of a key\nsecond line of a key'

const javascript = `import { BaseModule, ModuleResult, TaskFault } from '@nexus/sdk'
export class Module extends BaseModule {
  setup({ config, secrets, log }) {
    if (config.early) return secrets.get('tour_key').then((key) => { this.kept = key; log.info('set up with ' + key) })
  }
  async execute(context) {
    const { how, via, ...input } = context.inputData
    const key = this.kept ?? (await context.secrets.get('tour_key'))
    const output = { text: 'key: ' + key, [key]: [key] }
    if (how === 'return') return ModuleResult.ok(output, { metadata: { key } })
    if (how === 'fail') return ModuleResult.fail(TaskFault.of('runtime', 'refused: ' + key))
    if (how === 'fault') throw new TaskFault({ type: 'https://x.test/' + key, status: 400, title: 'T ' + key, detail: 'D ' + key })
    if (how === 'throw') throw new Error('no luck with ' + key, { cause: new Error(key) })
    if (how === 'log') context.log.warn('sent ' + key, { key, [key]: 1 })
    if (how === 'print') process.stderr.write('printed ' + key + '\\n')
    if (how === 'stream') context.stream({ channel: 'stdout', text: 'streamed ' + key + '\\n' })
    if (how === 'blob') return ModuleResult.ok(await context.blobs.write(['in a blob: ', key], { mediaType: 'text/plain' }))
    if (how === 'call') return ModuleResult.ok(await context.call(via, { ...input, headers: { authorization: 'Bearer ' + key } }))
    if (how === 'say') context.log.info('said ' + input.text)
    if (how === 'lines') context.log.info(await context.secrets.get('lines'))
    if (how === 'members') return ModuleResult.ok(JSON.parse(await context.secrets.get('account')).password)
    return ModuleResult.ok(how)
  }
}
`

const python = `import json, sys
from nexus.modules.base import BaseModule, ModuleResult, TaskFault

class Module(BaseModule):
    kept = None

    async def setup(self, context):
        if context.config.get("early"):
            self.kept = await context.secrets.get("tour_key")
            context.log.info("set up with " + self.kept)

    async def execute(self, context):
        input = dict(context.input_data)
        how, via = input.pop("how"), input.pop("via", "")
        key = self.kept or await context.secrets.get("tour_key")
        if how == "return":
            return ModuleResult.ok({"text": "key: " + key, key: [key]}, metadata={"key": key})
        if how == "fail":
            return ModuleResult.fail(TaskFault.of("runtime", "refused: " + key))
        if how == "fault":
            raise TaskFault({"type": "https://x.test/" + key, "status": 400, "title": "T " + key, "detail": "D " + key})
        if how == "throw":
            raise RuntimeError("no luck with " + key) from ValueError(key)
        if how == "log":
            context.log.warn("sent " + key, {"key": key, key: 1})
        if how == "print":
            print("printed " + key)
        if how == "stream":
            context.stream("streamed " + key + "\\n")
        if how == "blob":
            return ModuleResult.ok(await context.blobs.write(["in a blob: ", key], "text/plain"))
        if how == "call":
            return ModuleResult.ok(await context.call(via, {**input, "headers": {"authorization": "Bearer " + key}}))
        if how == "say":
            context.log.info("said " + input["text"])
        if how == "lines":
            print(await context.secrets.get("lines"))
        if how == "members":
            return ModuleResult.ok(json.loads(await context.secrets.get("account"))["password"])
        return ModuleResult.ok(how)
`

/** Hands the call that it is given on; as an orchestrator it goes on after a restart with the input that it first had. */
const relay = `import { BaseModule, ModuleResult } from '@nexus/sdk'
export class Module extends BaseModule {
  async execute(context) { return ModuleResult.ok(await context.call('http', context.run.input)) }
}
`

const hosts = {
  'in process': { main: 'main.js', source: javascript, trusted: true },
  'in a Node process': { main: 'main.js', source: javascript, trusted: false },
  'in a Python process': { main: 'main.py', source: python, trusted: false },
} as const

interface Guide {
  readonly world: World
  readonly nexus: Nexus
  /** As a restart does. */
  reopen(): Promise<Nexus>
  /** All that was logged and streamed, as text. */
  readonly shown: string[]
  run(input: string, more?: string, head?: string): Promise<RunRecord>
  /** Closes, and gives all that is in the files of the data folder, its journals included. */
  files(): Promise<string>
}

async function open(host: keyof typeof hosts, config: object = {}): Promise<Guide> {
  const world = await setup()
  onTestFinished(() => world[Symbol.asyncDispose]())
  const { main, source, trusted } = hosts[host]
  const folder = join(world.folder, 'own', 'executors', 'guide')
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    join(folder, 'manifest.yaml'),
    `id: guide\nversion: 1.0.0\ntype: executor\nname: Guide\ndescription: A module of a test.\nentry_points: {main: ${main}}
provides: [{task: tour, idempotent: true}]\npermissions: {secrets: [tour_key, lines, account]}
config_schema: {type: object, properties: {early: {type: boolean}}}\n`,
  )
  writeFileSync(join(folder, main), source)
  const beside = join(world.folder, 'own', 'orchestrators', 'relay')
  mkdirSync(beside, { recursive: true })
  writeFileSync(
    join(beside, 'manifest.yaml'),
    `id: relay\nversion: 1.0.0\ntype: orchestrator\nname: Relay\ndescription: A module of a test.\nentry_points: {main: main.js}\nprovides: [{task: relay}]\n`,
  )
  writeFileSync(join(beside, 'main.js'), relay)
  const shown: string[] = []
  const modules = [join(world.folder, 'own')]
  const values: Readonly<Record<string, unknown>> = {
    tour_key: secret,
    lines,
    other: 'declared-by-the-document',
    account: { user: 'ada', password: secret },
  }
  const reopen = (): Promise<Nexus> => world.restart(options)
  const options: Partial<NexusOptions> = {
    modules,
    trust: trusted ? modules : [],
    config: { guide: config as never },
    policy: { network: { private: true }, programs: { allow: undefined, deny: [] } },
    log: logInto(shown),
    secrets: { get: async (name) => values[name] as never },
    stream: (...chunk) => void shown.push(JSON.stringify(chunk)),
  }
  const nexus = await reopen()
  return {
    world,
    nexus,
    reopen,
    shown,
    async run(input, more = '', head = '') {
      const live = await nexus.run(
        nexus.check(documentOf(`  - tour: { call: tour, with: ${input} }\n${more}`, head)),
        {},
      )
      await live.ended.catch(() => undefined)
      return nexus.runs.get(live.id)
    },
    async files() {
      await nexus.close()
      return textsIn(join(world.folder, 'data'))
    },
  }
}

function logInto(shown: string[]): Log {
  const keep = (message: string, fields?: object): void =>
    void shown.push(`${message} ${JSON.stringify(fields ?? {})}`)
  return { debug: keep, info: keep, warn: keep, error: keep }
}

function textsIn(folder: string): string {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'latin1'))
    .join('\n')
}

describe.each(Object.keys(hosts) as (keyof typeof hosts)[])('%s', (host) => {
  test('is in no output, fault, log, stream, blob or file', async () => {
    const guide = await open(host)
    const print = host === 'in process' ? [] : ['print'] // there it goes where Nexus itself prints
    const ways = ['return', 'fail', 'fault', 'throw', 'log', ...print, 'stream', 'blob', 'members', 'none']
    const records: RunRecord[] = []
    for (const how of ways) records.push(await guide.run(`{ how: ${how} }`))
    const told = Object.fromEntries(ways.map((how, index) => [how, records[index]]))
    expect(told['return']?.output).toEqual({ text: 'key: ******', '******': ['******'] })
    expect(told['fail']?.error?.detail).toBe('refused: ******')
    expect(told['fault']?.error).toMatchObject({
      type: 'https://x.test/******',
      title: 'T ******',
      detail: 'D ******',
    })
    expect(told['throw']?.error?.detail).toContain('no luck with ******')
    expect(told['members']?.output).toBe('******')
    expect(told['none']?.output).toBe('none')
    const { shown } = guide
    await expect.poll(() => shown.join('\n')).toMatch(host === 'in process' ? /sent/ : /printed \*{6}/)
    expect(shown.join('\n')).toMatch(/sent \*{6}/)
    expect(shown.join('\n')).toMatch(/streamed \*{6}/)
    expect(JSON.stringify([records, shown])).not.toContain(secret)
    const files = await guide.files()
    expect(files).toContain('in a blob: ******')
    expect(files).not.toContain(secret)
  })

  test('reaches whom the module calls, and neither the record of the call nor what comes back', async () => {
    const guide = await open(host)
    let got: string | undefined
    const server = createServer((request, response) => {
      got = request.headers.authorization
      response.setHeader('content-type', 'text/plain').end(`you said ${got}`)
    }).listen(0, '127.0.0.1')
    onTestFinished(() => void server.close())
    await new Promise((resolve) => void server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const record = await guide.run(
      `{ how: call, via: http, method: get, endpoint: 'http://127.0.0.1:${port}/' }`,
    )
    expect(got).toBe(`Bearer ${secret}`)
    expect(record).toMatchObject({ status: 'completed', output: 'you said Bearer ******' })
    expect(JSON.stringify(record)).not.toContain(secret)
    expect(await guide.files()).not.toContain(secret)
  })

  test('is masked too where the module got it when it was set up, and by the tasks after it', async () => {
    const guide = await open(host, { early: true })
    const emit = "{ event: { with: { source: 'urn:x', type: t, data: '${ . }' } } }"
    const next = `  - said: { set: { again: '\${ . }' } }\n  - emitted: { emit: ${emit} }\n`
    const record = await guide.run('{ how: return }', next)
    expect(record.output).toHaveProperty('data', { again: { text: 'key: ******', '******': ['******'] } })
    expect(guide.shown.join('\n')).toContain('set up with ******')
    expect(JSON.stringify([record, guide.shown])).not.toContain(secret)
    expect(await guide.files()).not.toContain(secret)
  })

  test('is the real one in a call that is made again after a restart', async () => {
    const guide = await open(host)
    const asked = [Promise.withResolvers<string | undefined>(), Promise.withResolvers<string | undefined>()]
    let count = 0
    const server = createServer((request, response) => {
      asked[count]?.resolve(request.headers.authorization)
      if (count++ > 0) response.end('at last')
    }).listen(0, '127.0.0.1')
    onTestFinished(() => (server.closeAllConnections(), void server.close()))
    await new Promise((resolve) => void server.once('listening', resolve))
    const { port } = server.address() as AddressInfo
    const input = `{ how: call, via: relay, method: get, endpoint: 'http://127.0.0.1:${port}/' }`
    const { id } = await guide.nexus.run(
      guide.nexus.check(documentOf(`  - tour: { call: tour, with: ${input} }`)),
      {},
    )
    await asked[0]?.promise
    const again = await guide.reopen()
    const { ended } = await again.runs.resume(id)
    expect(await ended).toMatchObject({ status: 'completed', output: 'at last' })
    expect(await asked[1]?.promise).toBe(`Bearer ${secret}`)
  })

  test('that the document declares and hands to a module is in nothing that it logs', async () => {
    const guide = await open(host)
    await guide.run("{ how: say, text: '${ $secrets.other }' }", '', 'use: { secrets: [other] }')
    expect(guide.shown.join('\n')).toContain('said ******')
    expect(JSON.stringify(guide.shown)).not.toContain('declared-by-the-document')
  })

  test('of several lines is in no line that is logged', async () => {
    const guide = await open(host)
    await guide.run('{ how: lines }')
    await expect.poll(() => guide.shown.join('\n')).toContain('******')
    expect(guide.shown.join('\n')).not.toContain('line of a key')
  })
})
