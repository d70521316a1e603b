/**
 * The program of a QuickJS worker: for each job a fresh WebAssembly instance, with the job's memory limit, which is
 * thrown away afterwards. What the script gets of this process are the few functions of `host`, and every value that
 * crosses is a text, a number or bytes. It is text, since it runs in another process.
 */
import { nodeDriver } from '../../worker/node_driver.ts'
import { guest } from './guest.ts'
import { packages } from './packages.ts'

const program = String.raw`
const [engineFolder, packagesFolder] = process.argv.slice(-2)
const { QuickJS, EvalFlags } = await import(pathToFileURL(engineFolder + '/dist/index.js').href)
const { builtinModules } = createRequire(engineFolder + '/package.json')('node:module')
const compiled = (file) => WebAssembly.compile(readFileSync(engineFolder + file))
const [wasm, ...parts] = await Promise.all(
  ['/quickjs.wasm', '/extensions/url/url.so', '/extensions/encoding/encoding.so', '/extensions/headers/headers.so', '/extensions/crypto/crypto.so', '/extensions/structured-clone/structured-clone.so'].map(compiled),
)
const extensions = ['url', 'encoding', 'headers', 'crypto', 'structured-clone'].map((name, at) => ({ name, wasm: parts[at] }))
const random = (memory) => ({
  random_get(at, length) { crypto.getRandomValues(new Uint8Array(memory.buffer, at, length)); return 0 },
})
const engineOptions = { wasm, extensions, wasi: random, timezoneOffset: 0 }

/** Compiling the guest's own text once is most of what a fresh machine costs. */
const pristine = await QuickJS.create(engineOptions)
const guestCode = pristine.compile(GUEST, 'nexus:guest')
const snapshot = pristine.snapshot()
pristine.dispose()

const { setTimeout: startTimer } = globalThis
class Ended extends Error {}

async function run(job) {
  const startedCpu = process.cpuUsage()
  const state = { exitCode: undefined, limit: undefined, written: 0, timers: new Map(), asked: 0, wake: undefined, failed: undefined, calls: 0 }
  const isOver = () => {
    if (state.exitCode !== undefined || state.limit !== undefined) return true
    if (++state.calls % 64 !== 0) return false
    const { user, system } = process.cpuUsage(startedCpu)
    if ((user + system) / 1000 > job.limits.cpu_ms) state.limit = 'cpu'
    return state.limit !== undefined
  }
  const rejected = new Map()
  const vm = await QuickJS.restore(snapshot, {
    ...engineOptions,
    memoryLimit: job.limits.memory_bytes,
    interruptHandler: isOver,
    moduleLoader: { normalize: (base, name) => normalize(vm, base, name), load: (name) => moduleSource(vm, world, name) },
    onUnhandledRejection: (promise, reason, isHandled) => {
      if (isHandled) rejected.delete(promise.identity)
      else rejected.set(promise.identity, reason.dup())
    },
  })
  const world = makeWorld(vm, job, state)
  let result
  try {
    result = await perform(vm, world, job, state, rejected)
  } catch (error) {
    result = failureOf(vm, world, state, error)
  }
  if (state.limit !== undefined) result = { code: 1, limit: state.limit }
  else if (state.exitCode !== undefined) result = { code: state.exitCode & 255 }
  for (const timer of state.timers.values()) clearTimeout(timer)
  try { if (result.code === 0 && state.limit === undefined) sendOutputs(vm, world, job) } catch (error) { result = failureOf(vm, world, state, error) }
  current = undefined
  try { vm.dispose() } catch {}
  send('R', JSON.stringify(result))
}

async function perform(vm, world, job, state, rejected) {
  world.start()
  const main = evaluate(vm, job)
  vm.executePendingJobs()
  let settled
  void vm.resolvePromise(main.promise).then((outcome) => { settled = outcome; state.wake?.() }, (error) => { state.failed = error; state.wake?.() })
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve))
    vm.executePendingJobs()
    await new Promise((resolve) => setImmediate(resolve))
    if (state.failed) throw state.failed
    if (isFinished(state)) throw new Ended()
    if (settled && 'error' in settled) throw new GuestError(settled.error)
    for (const [, reason] of rejected) throw new GuestError(reason)
    if (state.timers.size === 0 && state.asked === 0) break
    await new Promise((resolve) => { state.wake = resolve })
    state.wake = undefined
  }
  if (!settled) return { code: 13, error: { message: 'Error: The script waits for a promise that nothing can settle' } }
  const code = world.call('exitCode').toNumber() & 255
  if (code === 0 && job.wants_value) await sendValue(vm, world, main.pick(settled.value))
  return { code }
}
const isFinished = (state) => state.exitCode !== undefined || state.limit !== undefined

class GuestError extends Error {
  constructor(handle) { super('the script threw'); this.handle = handle }
}

/** A script's value is that of its last expression; a module's its default export; of one with a top-level return, that. */
function evaluate(vm, job) {
  const { code, line = 1 } = job
  // What stands before it in its file counts as lines.
  const before = '\n'.repeat(line - 1)
  const forms = [
    { text: before + code, flags: EvalFlags.ASYNC, pick: (value) => value.getProp('value') },
    { text: before + code, flags: EvalFlags.TYPE_MODULE, pick: (value) => value.getProp('default') },
    { text: before + wrapper + code + '\n})()', flags: EvalFlags.ASYNC, pick: (value) => value.getProp('value'), isWrapped: true },
  ]
  const errors = []
  for (const { text, flags, pick, isWrapped } of forms) {
    columnIn = columnsOf(job, isWrapped)
    try {
      vm.evalCode(text, codeName, flags | EvalFlags.COMPILE_ONLY).dispose()
    } catch (error) {
      if (error.name !== 'SyntaxError') throw error
      errors.push(error)
      continue
    }
    return { promise: vm.evalCode(text, codeName, flags), pick }
  }
  columnIn = columnsOf(job, false)
  throw /^\s*(?:import|export)\b(?!\s*\()/m.test(code) ? errors[1] : errors[0]
}

async function sendValue(vm, world, value) {
  let held = value
  if (held.promiseState !== undefined && vm.typeof(held) === 'object' && held.promiseState >= 0 && held.isPromise) {
    const outcome = await vm.resolvePromise(held)
    if ('error' in outcome) throw new GuestError(outcome.error)
    held = outcome.value
  }
  const text = world.call('json', held)
  if (!text.isUndefined) sendPieces('V', Buffer.from(text.toString()))
}

function sendOutputs(vm, world, job) {
  for (const name of job.outputs) {
    const bytes = world.call('output', vm.newString(name))
    if (!bytes.isUndefined) sendFile(name, bytes.toUint8Array())
  }
}

/** What the script did not catch. A trap of the engine (a stack that is too deep) has no error of the guest. */
function failureOf(vm, world, state, error) {
  if (error instanceof Ended || isFinished(state)) return { code: 1 }
  if (/out of memory/.test(error.message)) return { code: 1, limit: 'memory' }
  let described
  try {
    if (error.handle && world.isReady()) {
      const told = world.call('describe', error.handle)
      described = { message: told.getProp('message').toString(), stack: told.getProp('stack').toString() }
    }
  } catch (second) {
    if (/out of memory/.test(second.message)) return { code: 1, limit: 'memory' }
  }
  described ??= { message: error.name + ': ' + error.message, stack: String(error.stack ?? '') }
  described.stack = described.stack.replaceAll(/:(\d+):(\d+)(?=\)?$)/gm, (whole, line, own, at, text) => (text.slice(0, at).endsWith(codeName) ? ':' + line + ':' + columnIn(Number(line), Number(own)) : whole))
  const stack = described.stack.split('\n').filter((line) => !line.includes('nexus:guest') && (line.includes(codeName + ':') || /\bat \S+ \(\//.test(line))).join('\n')
  const [, line, column] = /^:(\d+)(?::(\d+))?/.exec(described.stack.split(codeName)[1] ?? '') ?? []
  try { output(state, jobLimits, 2, Buffer.from((line ? codeName + ':' + line + '\n' : '') + described.message + '\n' + (stack ? stack + '\n' : ''))) } catch {}
  return { code: 1, error: { message: described.message.slice(0, 4000), ...(line && { line: Number(line) }), ...(column && { column: Number(column) }) } }
}

let jobLimits
let codeName
const wrapper = '(async function () {'
/** The column in its file of one that the engine tells, which counts bytes, and what is around the script. */
let columnIn = (line, column) => column
const columnsOf = ({ code, line: first = 1, column = 1 }, isWrapped) => (line, own) => {
  const around = isWrapped && line === first ? wrapper.length : 0
  const text = Buffer.from(code.split('\n')[line - first] ?? '')
  return text.toString('utf8', 0, Math.max(0, own - 1 - around)).length + column
}
function output(state, limits, channel, bytes) {
  state.written += bytes.length
  // A little more than is allowed goes out, so that the host sees which channel was flooded.
  if (bytes.length > limits.output_bytes) bytes = bytes.subarray(0, limits.output_bytes + 1)
  if (state.written > 2 * limits.output_bytes + pieceBytes) state.limit = 'output'
  sendPieces(channel === 2 ? 'E' : 'O', bytes)
}

function makeWorld(vm, job, state) {
  jobLimits = job.limits
  codeName = job.name ?? 'script.js'
  let world
  const host = vm.newObject()
  const give = (name, work) => vm.setProp(host, name, vm.newFunction('nexus_' + name, (...given) => work(...given) ?? vm.undefined))
  const bytesOf = (value) => (value.isString ? Buffer.from(value.toString()) : Buffer.from(value.toUint8Array()))
  give('write', (channel, data) => { if (!isFinished(state)) output(state, job.limits, channel.toNumber(), bytesOf(data)) })
  give('exit', (code) => { state.exitCode ??= Math.trunc(code.toNumber()) || 0 })
  give('timer', (id, ms) => {
    const key = id.toNumber()
    if (state.timers.size >= 10000) throw new Error('more than 10000 timers')
    state.timers.set(key, startTimer(() => {
      state.timers.delete(key)
      step(vm, state, () => world.getProp('fire').consume((fire) => vm.callFunction(fire, vm.undefined, vm.newNumber(key)).dispose()))
    }, ms.toNumber()))
  })
  give('clear', (id) => { clearTimeout(state.timers.get(id.toNumber())); state.timers.delete(id.toNumber()); state.wake?.() })
  give('fetch', (id, request) => {
    if (state.asked >= 256) throw new Error('more than 256 requests at once')
    if (request.toString().length > pieceBytes) throw new Error('a request of more than 256 KB, its body in base64')
    state.asked++
    send('N', JSON.stringify({ id: id.toNumber(), request: JSON.parse(request.toString()) }))
  })
  give('isNodeLibrary', (name) => (builtinModules.includes(name.toString()) ? vm.true : vm.false))
  give('resolve', (base, name) => { const file = resolveFile(base.isUndefined ? undefined : base.toString(), name.toString()); return file === undefined ? vm.undefined : vm.newString(file) })
  give('source', (file) => vm.newString(readPackageFile(file.toString())))
  give('compile', (text, file) => vm.evalCode(text.toString(), file.toString()))
  vm.setProp(host, 'arguments', vm.hostToHandle(job.arguments))
  vm.setProp(host, 'environment', vm.hostToHandle(job.environment))
  vm.setProp(host, 'variables', vm.hostToHandle(job.variables))
  vm.setProp(host, 'scratchBytes', vm.newNumber(job.limits.scratch_bytes))
  vm.setProp(host, 'version', vm.newString('wasi'))
  vm.setProp(host, 'files', vm.hostToHandle(Object.fromEntries(Object.entries(job.files).map(([name, bytes]) => [name, new Uint8Array(bytes)]))))
  if (job.stdin !== undefined) vm.setProp(host, 'stdin', vm.newString(job.stdin))
  current = (id, text) => { state.asked--; step(vm, state, () => world.getProp('answer').consume((answer) => vm.callFunction(answer, vm.undefined, vm.newNumber(id), vm.newString(text)).dispose())) }
  return {
    start() { world = vm.evalBytecode(guestCode).consume((make) => vm.callFunction(make, vm.undefined, host)) },
    isReady: () => world !== undefined,
    call: (name, ...given) => world.getProp(name).consume((work) => vm.callFunction(work, vm.undefined, ...given)),
    // A text, since taking an array apart inside of the engine's loader leaves an exception behind.
    names: (name) => world.getProp('exportsOf').consume((work) => vm.callFunction(work, vm.undefined, vm.newString(name))).consume((text) => text.toString()),
  }
}

/** A callback of a timer or an answer: what it throws fails the script. */
function step(vm, state, work) {
  try {
    work()
    vm.executePendingJobs()
  } catch (error) {
    state.failed ??= error
  }
  state.wake?.()
}

let current
const layers = giveUpRights()
jobs(
  (job) => void run(job),
  (type, payload) => {
    if (type !== 'A') return
    const { id, ...answer } = JSON.parse(payload.toString())
    current?.(id, JSON.stringify(answer))
  },
)
send('H', JSON.stringify({ layers }))
`

export const quickjsDriver = `${nodeDriver}\nconst GUEST = ${JSON.stringify(guest)}\n${packages}\n${program}`
