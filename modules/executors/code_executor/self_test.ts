/**
 * Tries out whether a box holds on this machine: a script inside it attempts what no script may, and says what it could
 * do. A box that lets anything through, or that runs no script at all, is not used. It damages nothing where it succeeds.
 */
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Language, Sandbox, ScriptLimits } from './sandbox.ts'
import { withoutCpuLimit } from './settings.ts'

const javascript = `
const fs = require('fs')
const attempts = {
  'reads files of the machine': () => fs.readFileSync('/etc/passwd'),
  'starts programs': () => require('child_process').execFileSync('/bin/true'),
  'starts threads': () => new (require('worker_threads').Worker)('', { eval: true }).terminate(),
  'signals this host': () => process.kill(host_pid, 0),
  'sees the environment of this host': () => { if (process.env.PATH === undefined) throw 0 },
  'reaches the network': () => new Promise((done, fail) =>
    require('net').connect(9, '127.0.0.1').once('connect', done).once('error', (error) => (error.code === 'ECONNREFUSED' ? done() : fail(error)))),
}
try {
  fs.appendFileSync(outside, '')
} catch {}
const through = []
for (const [name, attempt] of Object.entries(attempts)) {
  try {
    await attempt()
    through.push(name)
  } catch {}
}
fs.writeFileSync('own', 'file')
return fs.readFileSync('own', 'utf8') === 'file' ? through : ['cannot use its own folder']
`

const python = `
import os, socket

def connect():
    try:
        socket.create_connection(("127.0.0.1", 9), 1)
    except ConnectionRefusedError:
        pass

def trace():
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.ptrace(16, host_pid, 0, 0) != 0:
        raise OSError
    libc.ptrace(17, host_pid, 0, 0)

def become_root():
    os.setuid(0)
    open("/etc/shadow").close()

def environment():
    if "PATH" not in os.environ:
        raise KeyError

attempts = {
    "reads files of the machine": lambda: open("/etc/passwd").close(),
    "starts programs": lambda: os.spawnv(os.P_WAIT, "/bin/true", ["true"]),
    "forks": lambda: os.fork() or os._exit(0),
    "signals this host": lambda: os.kill(host_pid, 0),
    "signals its parent": lambda: os.getppid() > 0 and os.kill(os.getppid(), 0),
    "traces this host": trace,
    "becomes root": become_root,
    "sees the environment of this host": environment,
    "reads other processes": lambda: open("/proc/1/environ").close(),
    "reaches the network": connect,
}
try:
    open(outside, "a").close()
except OSError:
    pass
through = []
for name, attempt in attempts.items():
    try:
        attempt()
        through.append(name)
    except BaseException:
        pass
with open("own", "w") as file:
    file.write("file")
through if open("own").read() == "file" else ["cannot use its own folder"]
`

const probes: Readonly<Record<Language, string>> = { javascript, python }
const timeoutMsMax = 30_000

/** Why the box cannot be used here, as a sentence; undefined where it holds. */
export async function selfTest(box: Sandbox, limits: ScriptLimits): Promise<string | undefined> {
  // Whether it was written is looked at from here: some boxes have files of the same names that are not the machine's.
  const outside = join(tmpdir(), `nexus-probe-${randomUUID()}`)
  const isWritten = (): Promise<boolean> =>
    rm(outside).then(
      () => true,
      () => false,
    )
  try {
    const outcome = await box.run(
      {
        code: probes[box.language],
        arguments: [],
        variables: { host_pid: process.pid, outside },
        stdin: undefined,
        environment: {},
        wantsValue: true,
        inputs: new Map(),
        outputs: [],
        network: [],
      },
      {
        signal: new AbortController().signal,
        limits: withoutCpuLimit({ ...limits, timeoutMs: timeoutMsMax }),
      },
    )
    const { value, end, stderr } = outcome
    if (!Array.isArray(value))
      return `${box.name} runs no script here (${end.kind}): ${stderr.trim().slice(-500)}`
    if (await isWritten()) return `${box.name} does not hold here; a script in it writes files of the machine`
    return value.length === 0
      ? undefined
      : `${box.name} does not hold here; a script in it ${value.join(', ')}`
  } catch (error) {
    return `${box.name}: ${error instanceof Error ? error.message : String(error)}`
  }
}
