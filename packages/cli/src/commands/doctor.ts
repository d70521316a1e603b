/**
 * `nexus doctor`: what works here and what does not, with what to do about it: the runtime, the modules, and the boxes in
 * which scripts run, each tried out by the module itself.
 */
import { confinementHere, version, type RunRecord } from '@nexus/nexus'
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import type { Command } from 'commander'
import { withConnection, type Connection } from '../connection.ts'
import { exitCodes, type Shell } from '../main.ts'
import { table } from '../output/table.ts'
import type { Terminal } from '../output/terminal.ts'
import { modulesHere } from './modules.ts'
import { dataFolder, dataOption, jsonOption } from './options.ts'

interface Options {
  readonly json?: boolean
  readonly data?: string
}

/** One thing that was looked at. */
interface Finding {
  readonly what: string
  readonly ok: boolean
  readonly detail: string
}

/** Asks a module what holds here. */
const documentOf = (module: string): string =>
  `document: { dsl: '1.0.3', namespace: nexus, name: doctor, version: '1.0.0' }
do: [{ ask: { call: ${module}.doctor } }]
`

export function addDoctorCommand(program: Command, shell: Shell): void {
  program
    .command('doctor')
    .description('say what works here and what does not: runtime, modules, and the boxes that scripts run in')
    .option(...jsonOption)
    .option(...dataOption)
    .action((options: Options) => doctor(options, shell))
}

async function doctor(options: Options, { io, exit }: Shell): Promise<void> {
  const data = dataFolder(options.data)
  const modules = await moduleFindings(options)
  const findings: Finding[] = [...runtimeFindings(), ...modules, ...(await confinementFindings())]
  await withConnection({ data }, async (connection) => {
    findings.push({ what: 'data', ok: true, detail: connection.server ?? data })
    findings.push(...(await boxFindings(connection)))
    findings.push(...(await commandFindings(connection)))
  })
  if (options.json) io.json({ findings })
  else show(findings, io)
  exit(findings.every(({ ok }) => ok) ? exitCodes.completed : exitCodes.faulted)
}

function runtimeFindings(): readonly Finding[] {
  return [
    { what: 'nexus', ok: true, detail: version },
    { what: 'node', ok: true, detail: `${process.version} on ${process.platform} ${process.arch}` },
  ]
}

/** What confines modules that are not trusted; where nothing does, that is said, and no fault. */
async function confinementFindings(): Promise<readonly Finding[]> {
  const here = await confinementHere()
  return here.map(({ language, detail }) => ({ what: `modules in ${language}`, ok: true, detail }))
}

async function moduleFindings(options: Options): Promise<readonly Finding[]> {
  const modules = await modulesHere(options)
  const faulty = modules.filter(({ state }) => state === 'faulty')
  const fine = { what: 'modules', ok: true, detail: `${modules.length - faulty.length} can be used` }
  return [
    fine,
    ...faulty.map(({ id, problems }) => ({
      what: `module ${id}`,
      ok: false,
      detail: problems.map(({ message }) => message).join(' '),
    })),
  ]
}

/** What ends the processes of commands with their task; that something escapes it is worth saying, and no fault. */
async function commandFindings(connection: Connection): Promise<readonly Finding[]> {
  const record = await runDoctor(connection, 'command_executor')
  if (typeof record === 'string' || record.status !== 'completed' || !isJsonObject(record.output)) return []
  const { layers, not_contained: loose } = record.output
  const texts = (list: Json | undefined): readonly string[] =>
    Array.isArray(list) ? (list as Json[]).map(textOf) : []
  const escapes = texts(loose).map((each) => `; not held: ${each}`)
  return [{ what: 'commands', ok: true, detail: `held by ${texts(layers).join(', ')}${escapes.join('')}` }]
}

/** A language is fine where one box runs it. */
async function boxFindings(connection: Connection): Promise<readonly Finding[]> {
  const record = await runDoctor(connection, 'code_executor')
  if (typeof record === 'string') return [{ what: 'scripts', ok: false, detail: record }]
  if (record.status !== 'completed')
    return [{ what: 'scripts', ok: false, detail: record.error?.detail ?? record.status }]
  const boxes = boxesIn(record.output)
  const languages = [...new Set(boxes.map(({ language }) => textOf(language)))]
  return languages.map((language) => {
    const here = boxes.filter((box) => box['language'] === language)
    const able = here.filter((box) => box['available'] === true)
    return {
      what: `scripts in ${language}`,
      ok: able.length > 0,
      detail: here.map(describeBox).join('; '),
    }
  })
}

async function runDoctor(connection: Connection, module: string): Promise<RunRecord | string> {
  const workflow = await connection.check(documentOf(module), 'doctor')
  if (!workflow.document) return 'No module runs scripts here. Try: nexus modules list'
  const live = await connection.run(workflow, {})
  await live.ended.catch(() => {}) // how it ended is in its record
  const record = await connection.runs.get(live.id)
  await connection.runs.remove(live.id) // it is no work of anybody's, and stays out of their lists
  return record
}

function boxesIn(output: Json): readonly JsonObject[] {
  const boxes = isJsonObject(output) ? output['boxes'] : undefined
  return Array.isArray(boxes) ? (boxes as Json[]).filter((box): box is JsonObject => isJsonObject(box)) : []
}

function describeBox({ name, available, layers, reason }: JsonObject): string {
  const told = Array.isArray(layers) ? (layers as Json[]).map(textOf).join(', ') : ''
  return available === true ? `${textOf(name)} (${told})` : `no ${textOf(name)} (${textOf(reason)})`
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : ''
}

function show(findings: readonly Finding[], io: Terminal): void {
  const rows = findings.map(({ what, ok, detail }) => [
    `${io.style(ok ? 'green' : 'red', ok ? '✓' : '✗')} ${what}`,
    detail,
  ])
  io.out(table(io, ['WHAT', ''], rows))
}
