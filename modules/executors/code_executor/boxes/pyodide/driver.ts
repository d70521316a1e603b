/**
 * The program of a Pyodide worker: Python as WebAssembly in a Node process without rights, for one script. What Pyodide
 * lets a script have of JavaScript is taken away before the script begins: no evaluation of text, no `process`, nothing
 * of Node among the globals. It is text, since it runs in another process.
 */
import { jobReader } from '../../worker/job_reader.ts'
import { nodeDriver } from '../../worker/node_driver.ts'
import { pythonBootstrap } from '../python/bootstrap.ts'
import { pyodideBounds } from './bounds.ts'
import { pyodideNetwork } from './network.ts'

const python = `${pythonBootstrap}
${pyodideNetwork}

def main(text, report, give, ask):
    import os

    job = json.loads(text)
    os.environ.clear()
    os.environ.update({"HOME": os.getcwd(), "TMPDIR": os.getcwd(), **job["environment"]})
    sys.path[:0] = ["/packages"]
    # Of a state that this worker may have from another.
    if "random" in sys.modules:
        sys.modules["random"].seed()
    for name in ("js", "pyodide_js", "_pyodide_core"):
        sys.modules.pop(name, None)
    sys.meta_path[:] = [finder for finder in sys.meta_path if type(finder).__module__.partition(".")[0] not in ("_pyodide", "pyodide")]
    open_network(ask)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace", line_buffering=True)
    code = run(job, report, give)
    sys.stdout.flush()
    sys.stderr.flush()
    return code


main
`

const program = String.raw`
const [engineFolder, packagesFolder, snapshotDescriptor] = process.argv.slice(-3)
const { closeSync, constants, fstatSync, readdirSync, readSync, statSync } = createRequire(engineFolder)('node:fs')
// Pyodide asks a removed interface for these constants, which the permission model refuses.
process.binding = () => ({ fs: constants })
// It asks for the stream too, which would have the descriptor no longer wait for what is read of it.
Object.defineProperty(process, 'stdin', { value: { fd: 0 } })
const { loadPyodide } = await import(pathToFileURL(engineFolder + 'pyodide.mjs').href)
const pyodide = await loadPyodide({ indexURL: engineFolder, jsglobals: Object.create(null), ...readSnapshot() })
// Of no use any more, and as large as the memory that was made from it.
delete pyodide._api.config._loadSnapshot
gc()
const files = pyodide.FS
files.mkdirTree('/scratch')
files.mkdirTree('/packages')
/** Others read the same open file: only at a place that is said. */
function readSnapshot() {
  if (snapshotDescriptor === '') return {}
  const descriptor = Number(snapshotDescriptor)
  const bytes = Buffer.allocUnsafeSlow(fstatSync(descriptor).size)
  for (let at = 0; at < bytes.length; ) at += readSync(descriptor, bytes, at, bytes.length - at, at)
  closeSync(descriptor)
  return { _loadSnapshot: bytes }
}
function copy(from, to) {
  for (const name of readdirSync(from)) {
    const [source, target] = [from + '/' + name, to + '/' + name]
    if (statSync(source).isDirectory()) { files.mkdirTree(target); copy(source, target) }
    else files.writeFile(target, readFileSync(source))
  }
}
if (packagesFolder !== '') copy(packagesFolder, '/packages')
files.chdir('/scratch')
const writer = (type) => ({ isatty: false, write(bytes) { sendPieces(type, Buffer.from(bytes)); return bytes.length } })
let stdin = empty
pyodide.setStdin({ isatty: false, read(buffer) {
  const piece = stdin.subarray(0, buffer.length)
  buffer.set(piece)
  stdin = stdin.subarray(piece.length)
  return piece.length
} })
pyodide.setStdout(writer('O'))
pyodide.setStderr(writer('E'))
const run = pyodide.runPython(PYTHON)

send('H', JSON.stringify({ layers: giveUpRights() }))
const { files: inputs, ...job } = readJob(0)
memoryBytesMax = pyodide._module.HEAPU8.length + job.limits.memory_bytes
const bounds = boundFiles(pyodide._module, job.limits.scratch_bytes)
stdin = Buffer.from(job.stdin ?? '')
let [result, value] = [{}, undefined]
takeAway()
try {
  for (const [name, bytes] of inputs) {
    files.mkdirTree('/scratch/' + name.split('/').slice(0, -1).join('/'))
    files.writeFile('/scratch/' + name, bytes)
  }
  const report = (text) => {
    const { limit, ...error } = JSON.parse(text)
    result = { error, ...(limit && { limit }) }
  }
  result.code = run(JSON.stringify(job), report, (text) => { value = text }, ask)
} catch (error) {
  result = { code: 1, error: { message: String(error).slice(0, 4000) } }
  if (/memory|allocat/i.test(String(error))) result.limit = 'memory'
}
if (result.code !== 0 && bounds.isFull) result.limit ??= 'scratch'
if (result.code === 0) {
  if (value !== undefined) sendPieces('V', Buffer.from(value))
  for (const name of job.outputs) {
    try { sendFile(name, Buffer.from(files.readFile('/scratch/' + name))) } catch {}
  }
}
send('R', JSON.stringify({ code: 1, ...result }))

/** Has the host make a request, and waits for its answer, which is the next one: nothing else is asked for meanwhile. */
function ask(text) {
  const frame = JSON.stringify({ id: 0, request: JSON.parse(text) })
  if (Buffer.byteLength(frame) > pieceBytes) return JSON.stringify({ error: 'a request of more than 256 KB, its body in base64' })
  send('N', frame)
  for (;;) {
    const { type, payload } = readFrame(0)
    if (type === 'A') return payload.toString()
  }
}

/** What of Node a script could reach by an object of JavaScript that it got hold of. */
function takeAway() {
  for (const name of ['kill', '_kill', 'abort', 'reallyExit', 'exit', 'binding', '_linkedBinding', 'dlopen', 'getBuiltinModule', 'chdir', 'setuid', 'setgid', 'report', '_debugProcess', '_debugEnd', 'mainModule', 'execve', 'umask', 'loadEnvFile'])
    try { Object.defineProperty(process, name, { value: undefined, configurable: false }) } catch {}
  for (const name of ['gc', 'process', 'Buffer', 'fetch', 'WebSocket', 'EventSource', 'navigator', 'require', 'module', 'global'])
    try { delete globalThis[name] } catch {}
}`

export const pyodideDriver = `${nodeDriver}\n${jobReader}\n${pyodideBounds}\nconst PYTHON = ${JSON.stringify(python)}\n${program}`
