/**
 * The program of a V8 worker: becomes the script that it is told, in the one Node process that the box started for it.
 * Frames have descriptors of their own, since standard output is the script's. The script could write frames too; they
 * say only what its own result is. It is text, since it runs in another process.
 */
export const v8Driver = String.raw`
import { closeSync, mkdirSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { inspect } from 'node:util'
import vm from 'node:vm'

const pieceBytes = 262144
const empty = Buffer.alloc(0)
const json = JSON.stringify
function send(type, payload) {
  const head = Buffer.alloc(5)
  head.writeUInt32LE(payload.length)
  head.write(type, 4, 'latin1')
  const bytes = Buffer.concat([head, payload])
  for (let at = 0; at < bytes.length; ) at += writeSync(4, bytes, at)
}
function read(size) {
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; ) {
    const got = readSync(3, bytes, at, size - at)
    if (got === 0) process.exit(0)
    at += got
  }
  return bytes
}
function readJob() {
  let job
  for (;;) {
    const head = read(5)
    const payload = read(head.readUInt32LE())
    const type = String.fromCharCode(head[4])
    if (type === 'J') job = { ...JSON.parse(payload.toString()), files: new Map() }
    else if (type === 'I') {
      const end = 2 + payload.readUInt16LE()
      const name = payload.toString('utf8', 2, end)
      job.files.set(name, [...(job.files.get(name) ?? []), payload.subarray(end)])
    } else if (type === 'G') return job
  }
}

send('H', Buffer.from(json({ layers: [] })))
const job = readJob()
closeSync(3)
process.chdir('/scratch')
for (const [name, bytes] of job.files) {
  mkdirSync(dirname(join('/scratch', name)), { recursive: true })
  writeFileSync(join('/scratch', name), Buffer.concat(bytes))
}
for (const name of Object.keys(process.env)) delete process.env[name]
Object.assign(process.env, { TMPDIR: '/scratch', HOME: '/scratch', ...job.environment })
process.argv = ['/usr/bin/node', '/code/script.js', ...job.arguments]

process.on('uncaughtExceptionMonitor', (error) => {
  const message = error instanceof Error ? error.name + ': ' + error.message : 'Uncaught ' + inspect(error)
  const line = /script\.m?js:(\d+)/.exec(error?.stack ?? '')?.[1]
  send('R', Buffer.from(json({ error: { message: message.slice(0, 4000), ...(line && { line: Number(line) }) } })))
})
let value
process.on('exit', (code) => {
  if (code !== 0) return
  const text = job.wants_value ? json(value) : undefined
  const bytes = text === undefined ? empty : Buffer.from(text)
  for (let at = 0; at < bytes.length; at += pieceBytes) send('V', bytes.subarray(at, at + pieceBytes))
  for (const name of job.outputs) {
    let file
    try { file = readFileSync(join('/scratch', name)) } catch { continue }
    const label = Buffer.from(name)
    const length = Buffer.alloc(2)
    length.writeUInt16LE(label.length)
    for (let at = 0; at === 0 || at < file.length; at += pieceBytes)
      send('F', Buffer.concat([length, label, file.subarray(at, at + pieceBytes)]))
  }
})

const module = { exports: {} }
const globals = { require: createRequire('/code/script.js'), module, exports: module.exports, __filename: '/code/script.js', __dirname: '/scratch', ...job.variables }
for (const [name, held] of Object.entries(globals))
  Object.defineProperty(globalThis, name, { value: held, writable: true, enumerable: false, configurable: true })

function asScript(code) {
  try {
    return new vm.Script(code, { filename: 'script.js', importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER })
  } catch (error) {
    return { error }
  }
}
// What stands before it in its file counts as lines.
const code = '\n'.repeat((job.line ?? 1) - 1) + job.code
const isModule = /^\s*(?:import|export)\b(?!\s*\()/m.test(job.code)
const wrap = (code) => code.replace(/^\n*/, (lines) => lines + '(async function () {') + '\n})()'
// Outside of an async function, await (x) would be a call of a function of that name.
const forms = /\bawait\b/.test(code) ? [wrap(code)] : [code, wrap(code)]
const script = isModule ? undefined : forms.map(asScript).find((form) => !form.error)
// A promise is awaited, so that what it rejects with ends the script.
if (script) value = await script.runInThisContext()
else {
  writeFileSync('/code/script.mjs', code)
  value = (await import('file:///code/script.mjs')).default
}
`
