/**
 * The world that a script finds in QuickJS: globals as it knows them from Node, made inside the virtual machine out of
 * the few functions of `host`, which the script cannot reach. It is text; what it does, a script could do itself.
 */
import { guestConsole } from './guest_console.ts'
import { guestFiles } from './guest_files.ts'
import { guestModules } from './guest_modules.ts'

const guestProcess = String.raw`
let nextTimer = 1
const callbacks = new Map()
const arm = (isRepeated) => (callback, delay, ...given) => {
  if (typeof callback !== 'function') throw new TypeError('The callback must be a function')
  const ms = Math.min(Math.max(Number(delay) || 0, 1), 2147483647)
  const id = nextTimer++
  callbacks.set(id, { callback, given, ms: isRepeated ? ms : undefined })
  host.timer(id, ms)
  return id
}
const disarm = (id) => { if (callbacks.delete(id)) host.clear(id) }
const startTimer = arm(false), setTimeout = startTimer, setInterval = arm(true)
const setImmediate = (callback, ...given) => startTimer(callback, 0, ...given)
const clearTimeout = disarm, clearInterval = disarm, clearImmediate = disarm
function fire(id) {
  const timer = callbacks.get(id)
  if (!timer) return
  if (timer.ms === undefined) callbacks.delete(id)
  else host.timer(id, timer.ms)
  timer.callback(...timer.given)
}

const output = (descriptor) => ({
  fd: descriptor, isTTY: false, writable: true, columns: undefined,
  write(data, ...more) { host.write(descriptor, data); more.findLast((one) => typeof one === 'function')?.(); return true },
  end(data) { if (data !== undefined) host.write(descriptor, data) },
  on() { return this }, once() { return this }, emit() { return false },
})
const input = Object.assign(new EventEmitter(), {
  fd: 0, isTTY: false,
  setEncoding() { return input }, resume() { return input }, pause() { return input },
  on(name, listener) {
    EventEmitter.prototype.on.call(input, name, listener)
    if (name === 'data' && stdin().length > 0) startTimer(() => input.emit('data', stdin().toString()), 0)
    if (name === 'end') startTimer(() => input.emit('end'), 1)
    return input
  },
  async *[Symbol.asyncIterator]() { if (stdin().length > 0) yield stdin().toString() },
})
const process = Object.assign(new EventEmitter(), {
  argv: ['/usr/bin/node', '/scratch/script.js', ...host.arguments],
  argv0: 'node', execPath: '/usr/bin/node', execArgv: [], title: 'node', pid: 1, ppid: 0,
  env: { TMPDIR: home, ...host.environment },
  platform: 'quickjs', arch: 'wasm32', version: 'v0.0.0', versions: { quickjs: host.version },
  exitCode: undefined,
  cwd: () => home,
  exit(code) { host.exit(Number(code ?? process.exitCode ?? 0)); for (;;); },
  uptime: () => (new Date() - startedAt) / 1000,
  hrtime: Object.assign(() => [Math.floor(+new Date() / 1000), (+new Date() % 1000) * 1e6], { bigint: () => BigInt(+new Date()) * 1000000n }),
  nextTick: (work, ...given) => void Promise.resolve().then(() => work(...given)),
  emitWarning: (text) => console.warn('Warning: ' + text),
  memoryUsage: () => ({}),
  stdout: output(1), stderr: output(2), stdin: input,
})
const startedAt = +new Date()
const console = makeConsole(host.write)

const asked = new Map()
function fetch(resource, options = {}) {
  const id = nextTimer++
  const headers = Object.fromEntries(options.headers instanceof Headers ? options.headers.entries() : Object.entries(options.headers ?? {}))
  const body = options.body === undefined || options.body === null ? undefined : Buffer.from(typeof options.body === 'string' || ArrayBuffer.isView(options.body) ? options.body : String(options.body)).toString('base64')
  return new Promise((resolve, reject) => {
    asked.set(id, { resolve, reject })
    host.fetch(id, JSON.stringify({ url: String(resource), method: options.method ?? 'GET', headers, body }))
  })
}
function answer(id, text) {
  const { resolve, reject } = asked.get(id)
  asked.delete(id)
  const given = JSON.parse(text)
  if (given.error !== undefined) return reject(new TypeError('fetch failed: ' + given.error))
  const bytes = Buffer.from(given.body, 'base64')
  resolve({
    ok: given.status >= 200 && given.status < 300, status: given.status, statusText: given.statusText, url: given.url,
    redirected: given.redirected, headers: new Headers(given.headers),
    text: async () => bytes.toString(), json: async () => JSON.parse(bytes.toString()),
    bytes: async () => new Uint8Array(bytes), arrayBuffer: async () => new Uint8Array(bytes).buffer,
  })
}

const module = { exports: {} }
const globals = {
  console, process, Buffer, setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate, fetch,
  require: requireFrom(undefined), module, exports: module.exports, __filename: '/scratch/script.js', __dirname: home, global: globalThis,
}
for (const [name, value] of Object.entries({ ...globals, ...host.variables })) {
  Object.defineProperty(globalThis, name, { value, writable: true, enumerable: false, configurable: true })
}
for (const [name, bytes] of Object.entries(host.files)) {
  if (name.includes('/')) mkdirSync(parentOf(place(name)), { recursive: true })
  tree.set(place(name), Buffer.from(bytes))
}
const stringify = JSON.stringify
return {
  fire, answer,
  exitCode: () => Number(process.exitCode ?? 0),
  /** The text of a value as JSON; undefined where it has none. */
  json: (value) => stringify(value),
  describe: (error) => {
    if (!(error instanceof Error)) return { message: 'Uncaught ' + inspect(error, {}), stack: '' }
    return { message: String(error.name) + ': ' + String(error.message), stack: String(error.stack ?? '') }
  },
  exportsOf: (name) => {
    const own = builtin(name) ?? (name.startsWith('/') ? requireFrom(undefined)(name) : undefined)
    if (own === undefined || own === null) return ''
    return Object.keys(own).filter((key) => /^[A-Za-z_$][\w$]*$/.test(key) && key !== 'default').join()
  },
  output: (name) => { const bytes = tree.get(place(name)); return bytes ? new Uint8Array(bytes) : undefined },
}
`

/** The source of a function of `host`, whose value is what the driver calls. */
export const guest = `(function (host) {
'use strict'
${guestConsole}
${guestFiles}
${guestModules}
${guestProcess}
})`
