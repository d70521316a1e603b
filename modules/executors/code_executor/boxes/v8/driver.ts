/**
 * The program of a V8 worker: becomes the script that it is told, in the one Node process that the box started for it.
 * Frames have descriptors of their own, since standard output is the script's. The script could write frames too; they
 * say only what its own result is. It is text, since it runs in another process.
 */
import { jobReader } from '../../worker/job_reader.ts'

export const v8Driver = String.raw`
import { mkdirSync, read as readSoon, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs'
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
${jobReader}
send('H', Buffer.from(json({ layers: [] })))
const job = readJob(3)
process.chdir('/scratch')
for (const [name, bytes] of job.files) {
  mkdirSync(dirname(join('/scratch', name)), { recursive: true })
  writeFileSync(join('/scratch', name), bytes)
}
for (const name of Object.keys(process.env)) delete process.env[name]
Object.assign(process.env, { TMPDIR: '/scratch', HOME: '/scratch', ...job.environment })
process.argv = ['/usr/bin/node', '/code/script.js', ...job.arguments]

process.on('uncaughtExceptionMonitor', (error) => {
  const message = error instanceof Error ? error.name + ': ' + error.message : 'Uncaught ' + inspect(error)
  // Of what Node puts before a stack, the line alone is told there.
  const stack = error?.stack ?? ''
  const [, line, column] = /script\.m?js:(\d+):(\d+)/.exec(stack) ?? /script\.m?js:(\d+)/.exec(stack) ?? []
  send('R', Buffer.from(json({ error: { message: message.slice(0, 4000), ...(line && { line: Number(line) }), ...(column && { column: Number(column) }) } })))
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

// What this process may not dial itself, the host asks for; waiting for an answer keeps the process up.
const asked = new Map()
const askedMax = 256
let nextRequest = 1
let held = empty
function listen() {
  const chunk = Buffer.alloc(65536)
  readSoon(3, chunk, 0, chunk.length, null, (error, got) => {
    if (error || got === 0) process.exit(1)
    held = Buffer.concat([held, chunk.subarray(0, got)])
    while (held.length >= 5 && held.length >= 5 + held.readUInt32LE()) {
      const end = 5 + held.readUInt32LE()
      if (held[4] === 65) settle(JSON.parse(held.toString('utf8', 5, end)))
      held = held.subarray(end)
    }
    if (asked.size > 0) listen()
  })
}
function settle({ id, error, status, statusText, url, redirected, headers, body }) {
  const { resolve, reject } = asked.get(id)
  asked.delete(id)
  if (error !== undefined) return reject(new TypeError('fetch failed: ' + error))
  const bytes = Buffer.from(body, 'base64')
  try {
    const response = new Response(bytes.length === 0 ? null : bytes, { status, statusText, headers })
    resolve(Object.defineProperties(response, { url: { value: url }, redirected: { value: redirected } }))
  } catch (error) {
    reject(error) // an answer that is none, such as one with the status 999
  }
}
async function fetch(resource, options) {
  const { url, method, headers, signal, body } = new Request(resource, options)
  const bytes = body === null ? empty : Buffer.from(await new Response(body).arrayBuffer())
  const request = { url, method, headers: Object.fromEntries(headers), body: bytes.toString('base64') }
  const id = nextRequest++
  const frame = Buffer.from(json({ id, request }))
  if (frame.length > pieceBytes) throw new TypeError('fetch failed: a request of more than 256 KB, its body in base64')
  if (asked.size >= askedMax) throw new TypeError('fetch failed: more than 256 requests at once')
  signal.throwIfAborted()
  const { promise, resolve, reject } = Promise.withResolvers()
  asked.set(id, { resolve, reject })
  signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  if (asked.size === 1) listen()
  send('N', frame)
  return promise
}

const module = { exports: {} }
const globals = { fetch, require: createRequire('/code/script.js'), module, exports: module.exports, __filename: '/code/script.js', __dirname: '/scratch', ...job.variables }
for (const [name, held] of Object.entries(globals))
  Object.defineProperty(globalThis, name, { value: held, writable: true, enumerable: false, configurable: true })

// Its lines count as those of its file, and what is around it for no column.
const lineOffset = (job.line ?? 1) - 1
function asScript({ code, columnOffset }) {
  try {
    return new vm.Script(code, { filename: 'script.js', lineOffset, columnOffset, importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER })
  } catch (error) {
    return { error }
  }
}
const isModule = /^\s*(?:import|export)\b(?!\s*\()/m.test(job.code)
const wrapper = '(async function () {'
const wrapped = { code: wrapper + job.code + '\n})()', columnOffset: -wrapper.length }
// Outside of an async function, await (x) would be a call of a function of that name.
const forms = /\bawait\b/.test(job.code) ? [wrapped] : [{ code: job.code, columnOffset: 0 }, wrapped]
const script = isModule ? undefined : forms.map(asScript).find((form) => !form.error)
// A promise is awaited, so that what it rejects with ends the script.
if (script) value = await script.runInThisContext()
else {
  writeFileSync('/code/script.mjs', '\n'.repeat(lineOffset) + job.code)
  value = (await import('file:///code/script.mjs')).default
}
`
