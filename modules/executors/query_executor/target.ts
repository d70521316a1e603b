/**
 * What a call queries: a connection that the operator has named in the configuration, one that the document describes
 * itself, or data files. It knows what each may say, and opens nothing.
 */
import { hash } from 'node:crypto'
import { isJsonObject, nearest, TaskFault, type Json, type JsonObject, type Secrets } from '@nexus/sdk'
import { wrong } from './arguments.ts'
import { allowedFile } from './files.ts'
import { readServer, type ServerTarget } from './server_target.ts'
import type { Settings } from './settings.ts'

export type Target = Access &
  (
    | { readonly driver: 'sqlite'; readonly file: string }
    | { readonly driver: 'duckdb'; readonly file: string }
    | { readonly driver: 'files'; readonly files: Readonly<Record<string, readonly string[]>> }
    | ({ readonly driver: 'postgres' | 'mysql' } & ServerTarget)
  )

export interface Access {
  /** The same for every call that may share its connections. */
  readonly key: string
  /** As errors name it; without secrets. */
  readonly title: string
  readonly writable: boolean
  /** What must change before it may be written. */
  readonly whyReadOnly: string
  /** Whether the operator has named it, so that it may be anywhere in the network. */
  readonly trusted: boolean
  readonly poolMax: number
}

const drivers = ['sqlite', 'duckdb', 'postgres', 'mysql'] as const
export type DriverName = (typeof drivers)[number]

export async function resolveTarget(
  { connection, files }: { connection: Json | undefined; files: JsonObject | undefined },
  settings: Settings,
  secrets: Secrets,
): Promise<Target> {
  if (files !== undefined) return filesTarget(files, settings)
  if (typeof connection === 'string') return namedTarget(connection, settings, secrets)
  if (!isJsonObject(connection))
    throw wrong('connection', 'the name of a connection, or an object that describes one')
  return inlineTarget(connection, settings)
}

async function namedTarget(name: string, settings: Settings, secrets: Secrets): Promise<Target> {
  const { connections } = settings
  const config = Object.hasOwn(connections, name) ? connections[name] : undefined
  if (!isJsonObject(config)) throw unknownConnection(name, Object.keys(connections))
  const access: Access = {
    key: `named ${name} ${JSON.stringify(config)}`,
    title: `the connection "${name}"`,
    writable: config['read_only'] === false,
    whyReadOnly: `The configuration of "${name}" does not allow it: set \`read_only: false\` there.`,
    trusted: true,
    poolMax: Number(config['pool_max'] ?? settings.pool.sizeMax),
  }
  const place = `connections.${name}`
  const driver = readDriver(config['driver'], place, 'configuration')
  if (driver === 'sqlite' || driver === 'duckdb')
    return { ...access, driver, file: await readFile(config, place, settings, 'trusted') }
  const server = await readServer(driver, config, { place, secrets })
  // With a new password there are new connections.
  const key = `${access.key} ${hash('sha256', server.password)}`
  return { ...access, key, driver, ...server }
}

async function inlineTarget(config: JsonObject, settings: Settings): Promise<Target> {
  if (settings.inline === 'none')
    throw TaskFault.of(
      'authorization',
      'Connections are used by name here: those that a document describes itself are switched off (`inline_connections: none`).',
    )
  const driver = readDriver(config['driver'], 'connection', 'validation')
  const access = {
    key: `inline ${JSON.stringify(config)}`,
    writable: settings.inline === 'write' && config['read_only'] !== true,
    whyReadOnly:
      'Connections that a document describes itself only read here: name it in the configuration of query_executor with `read_only: false`, or set `inline_connections: write` there.',
    trusted: false,
    poolMax: settings.pool.sizeMax,
  }
  if (driver === 'sqlite' || driver === 'duckdb') {
    const file = await readFile(config, 'connection', settings, 'checked')
    return {
      ...access,
      title: `the file ${typeof config['file'] === 'string' ? config['file'] : ''}`,
      driver,
      file,
    }
  }
  const server = await readServer(driver, config, { place: 'connection', secrets: undefined })
  return { ...access, title: `${driver} at ${server.host}:${server.port}`, driver, ...server }
}

async function filesTarget(given: JsonObject, settings: Settings): Promise<Target> {
  const files: Record<string, readonly string[]> = {}
  for (const [name, value] of Object.entries(given)) {
    if (!/^[A-Za-z_]\w{0,62}$/.test(name))
      throw wrong(`files.${name}`, 'named in letters, digits and underscores')
    const paths: readonly Json[] = Array.isArray(value) ? value : [value]
    if (paths.length === 0) throw wrong(`files.${name}`, 'a file, or a list of files')
    files[name] = await Promise.all(paths.map((path) => allowedFile(path, `files.${name}`, settings.folders)))
  }
  if (Object.keys(files).length === 0) throw wrong('files', 'an object of names and files, with at least one')
  return {
    driver: 'files',
    files,
    key: `files ${JSON.stringify(files)}`,
    title: 'the files',
    writable: false,
    whyReadOnly: 'Files are read, never written: give the rows to a task that writes.',
    trusted: false,
    poolMax: 1,
  }
}

async function readFile(
  { file }: JsonObject,
  place: string,
  { folders }: Settings,
  check: 'trusted' | 'checked',
): Promise<string> {
  if (file === ':memory:') return file
  return allowedFile(file ?? null, `${place}.file`, check === 'trusted' ? undefined : folders)
}

function readDriver(
  value: Json | undefined,
  place: string,
  kind: 'configuration' | 'validation',
): DriverName {
  const driver = drivers.find((known) => known === value)
  if (driver !== undefined) return driver
  throw TaskFault.of(kind, `${place}.driver must be one of ${drivers.join(', ')}.`)
}

function unknownConnection(name: string, names: readonly string[]): TaskFault {
  const near = nearest(name, names)
  const known = names.length === 0 ? 'none are configured' : `there are ${names.join(', ')}`
  const hint = near === undefined ? '' : ` Did you mean "${near}"?`
  return TaskFault.of(
    'configuration',
    `No connection "${name}": ${known}.${hint} Connections are named under modules.query_executor.connections in the configuration, or described in the task itself.`,
  )
}
