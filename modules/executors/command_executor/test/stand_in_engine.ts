/**
 * A stand-in for the program of a container engine: keeps its containers as files in a folder and runs their programs as
 * plain processes in sessions of their own, which, as with a real engine, outlive it. It records how it was called.
 * Called as `stand_in_engine.ts FOLDER COMMAND…`. What a test writes to FOLDER/daemon says how the daemon does.
 */
import { spawn } from 'node:child_process'
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

interface Stored {
  readonly id: string
  readonly name: string
  readonly image: string
  readonly labels: Record<string, string>
  readonly environment: Record<string, string>
  readonly isRemoved: boolean
  readonly isInteractive: boolean
  readonly program: readonly string[]
  readonly status: 'created' | 'running' | 'exited'
  readonly pid?: number
  readonly endedAt?: string
}

const [folder = '', command = '', ...rest] = process.argv.slice(2)
const daemon = existsSync(join(folder, 'daemon')) ? readFileSync(join(folder, 'daemon'), 'utf8') : 'up'
const call = { arguments: process.argv.slice(3), environment: process.env, pid: process.pid }
appendFileSync(join(folder, 'calls'), `${JSON.stringify(call)}\n`)
if (daemon === 'hangs') await never()
if (daemon === 'down')
  fail('Cannot connect to the Docker daemon at unix:///stand-in.sock. Is the docker daemon running?')

const commands: Record<string, () => void | Promise<void>> = { version, create, start, ps, kill, rm, inspect }
await commands[command]?.()

function version(): void {
  console.log('Stand-in 1.0')
}

async function create(): Promise<void> {
  const { values, positionals } = parseArgs({
    args: rest,
    allowPositionals: true,
    options: {
      name: { type: 'string', default: '' },
      pull: { type: 'string' },
      entrypoint: { type: 'string' },
      'env-file': { type: 'string' },
      rm: { type: 'boolean', default: false },
      interactive: { type: 'boolean', default: false },
      label: { type: 'string', multiple: true, default: [] },
      env: { type: 'string', multiple: true, default: [] },
      publish: { type: 'string', multiple: true },
      mount: { type: 'string', multiple: true },
    },
  })
  const [image = '', ...given] = positionals
  if (existsSync(join(folder, 'refusal'))) fail(readFileSync(join(folder, 'refusal'), 'utf8'))
  if (image === 'no-such-image') fail(`Error response from daemon: No such image: ${image}:latest`)
  if (image === 'slow') {
    console.error('Pulling slow')
    await never()
  }
  const holder = all().find(({ name }) => name === values.name)
  if (holder)
    fail(
      `Error response from daemon: Conflict. The container name "/${holder.name}" is already in use by container "${holder.id}".`,
    )
  const lines = values['env-file'] ? readFileSync(values['env-file'], 'utf8').trimEnd().split('\n') : []
  const id = `${process.pid}`.padStart(8, '0').padEnd(64, 'a')
  store({
    id,
    name: values.name,
    image,
    labels: Object.fromEntries(values.label.map(pair)),
    environment: Object.fromEntries([
      ...lines.map(pair),
      ...values.env.map((name) => [name, process.env[name] ?? '']),
    ]),
    isRemoved: values.rm,
    isInteractive: values.interactive,
    program: [...(values.entrypoint === undefined ? [] : [values.entrypoint]), ...given],
    status: 'created',
  })
  console.log(id)
}

/** As engines do, it passes SIGTERM on and stays until the program has ended. */
async function start(): Promise<void> {
  const container = find(rest.at(-1) ?? '')
  const [file = '', ...vector] = container.program
  const stdin = container.isInteractive && rest.includes('--interactive') ? 'inherit' : 'ignore'
  const environment = { PATH: process.env['PATH'] ?? '', ...container.environment }
  // Before there is a program to pass it on to: a test may cut it short with the first thing that it writes.
  const passOn = Promise.withResolvers<void>()
  process.on('SIGTERM', passOn.resolve)
  const child = spawn(file, vector, {
    stdio: [stdin, 'inherit', 'inherit'],
    detached: true,
    env: environment,
  })
  if (child.pid !== undefined) store({ ...container, status: 'running', pid: child.pid })
  void passOn.promise.then(() => child.kill('SIGTERM'))
  child.once('error', () =>
    fail(
      `Error response from daemon: failed to create task for container: OCI runtime create failed: exec: "${file}": executable file not found in $PATH: unknown`,
    ),
  )
  const code = await new Promise<number>((resolve) =>
    child.once('exit', (exit, signal) => resolve(exit ?? (signal === 'SIGKILL' ? 137 : 143))),
  )
  if (container.isRemoved) remove(container.id)
  else if (existsSync(fileOf(container.id)))
    store({ ...container, status: 'exited', endedAt: new Date().toISOString() })
  process.exitCode = code
}

function ps(): void {
  const filters = rest.flatMap((text, index) => (rest[index - 1] === '--filter' ? [text] : []))
  for (const container of all())
    if (filters.every((filter) => matches(container, filter))) console.log(container.id)
}

function matches({ labels, status }: Stored, filter: string): boolean {
  const [kind, key = '', value] = filter.split('=')
  if (kind === 'status') return status === key
  return value === undefined ? key in labels : labels[key] === value
}

function kill(): void {
  for (const id of rest) {
    const { pid, status } = find(id)
    if (status !== 'running' || pid === undefined)
      fail(`Error response from daemon: container ${id} is not running`)
    killSession(pid)
  }
}

function rm(): void {
  for (const id of rest.filter((text) => !text.startsWith('--'))) {
    const { pid } = find(id)
    if (pid !== undefined) killSession(pid)
    remove(id)
  }
}

function inspect(): void {
  for (const id of rest.slice(rest.indexOf('--format') + 2)) {
    const { endedAt = '0001-01-01T00:00:00Z', labels } = find(id)
    console.log(`${id} ${JSON.stringify(endedAt)} ${labels['nexus.remove_after_ms'] ?? ''}`)
  }
}

function killSession(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended.
  }
}

function all(): readonly Stored[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.container'))
  return names.map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')))
}

function find(id: string): Stored {
  return all().find((each) => each.id === id) ?? fail(`Error response from daemon: No such container: ${id}`)
}

function store(container: Stored): void {
  writeFileSync(fileOf(container.id), JSON.stringify(container))
}

function remove(id: string): void {
  rmSync(fileOf(id), { force: true })
}

function fileOf(id: string): string {
  return join(folder, `${id}.container`)
}

function pair(text: string): [string, string] {
  const at = text.indexOf('=')
  return [text.slice(0, at), text.slice(at + 1)]
}

/** Waits until it is killed. */
function never(): Promise<void> {
  return new Promise(() => void setInterval(() => undefined, 1_000_000))
}

function fail(message: string): never {
  console.error(message)
  process.exit(1)
}
