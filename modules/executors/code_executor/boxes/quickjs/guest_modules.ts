/**
 * What `require` and `import` find in QuickJS besides the operator's packages: the parts of Node's library that need
 * no machine. What would need one says so. It is text, and as untrusted as the script itself.
 */
export const guestModules = String.raw`
const path = {
  sep: '/', delimiter: ':',
  normalize(text) {
    const steps = []
    for (const step of text.split('/')) {
      if (step === '..' && steps.length > 0 && steps.at(-1) !== '..') steps.pop()
      else if (step === '..' && !text.startsWith('/')) steps.push('..')
      else if (step !== '' && step !== '.' && step !== '..') steps.push(step)
    }
    const joined = (text.startsWith('/') ? '/' : '') + steps.join('/')
    return joined === '' ? '.' : text.endsWith('/') && joined !== '/' ? joined + '/' : joined
  },
  join: (...parts) => path.normalize(parts.filter((part) => part !== '').join('/')),
  resolve(...parts) {
    let whole = ''
    for (const part of ['/scratch', ...parts]) whole = part.startsWith('/') ? part : whole + '/' + part
    const clean = path.normalize(whole)
    return clean.length > 1 && clean.endsWith('/') ? clean.slice(0, -1) : clean
  },
  isAbsolute: (text) => text.startsWith('/'),
  dirname(text) {
    const at = text.replace(/\/+$/, '').lastIndexOf('/')
    return at < 0 ? '.' : at === 0 ? '/' : text.slice(0, at)
  },
  basename(text, end = '') {
    const name = text.replace(/\/+$/, '').split('/').at(-1)
    return end !== '' && name !== end && name.endsWith(end) ? name.slice(0, -end.length) : name
  },
  extname: (text) => /[^/.](\.[^./]*)$/.exec(text)?.[1] ?? '',
  relative(from, to) {
    const [a, b] = [path.resolve(from).split('/').filter(Boolean), path.resolve(to).split('/').filter(Boolean)]
    let same = 0
    while (same < a.length && a[same] === b[same]) same++
    return [...a.slice(same).map(() => '..'), ...b.slice(same)].join('/')
  },
  parse(text) {
    const [base, ext] = [path.basename(text), path.extname(text)]
    return { root: text.startsWith('/') ? '/' : '', dir: text.includes('/') ? path.dirname(text) : '', base, ext, name: base.slice(0, base.length - ext.length) }
  },
}
path.posix = path

class EventEmitter {
  #listeners = new Map()
  on(name, listener) { this.#listeners.set(name, [...this.listeners(name), listener]); return this }
  addListener(name, listener) { return this.on(name, listener) }
  once(name, listener) {
    const once = (...values) => { this.off(name, once); listener.apply(this, values) }
    return this.on(name, once)
  }
  off(name, listener) { this.#listeners.set(name, this.listeners(name).filter((other) => other !== listener)); return this }
  removeListener(name, listener) { return this.off(name, listener) }
  removeAllListeners(name) { name === undefined ? this.#listeners.clear() : this.#listeners.delete(name); return this }
  listeners(name) { return this.#listeners.get(name) ?? [] }
  listenerCount(name) { return this.listeners(name).length }
  emit(name, ...values) {
    const all = this.listeners(name)
    if (name === 'error' && all.length === 0) throw values[0]
    for (const listener of all) listener.apply(this, values)
    return all.length > 0
  }
}
EventEmitter.EventEmitter = EventEmitter

function isDeepEqual(a, b) {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || !a || !b) return false
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false
  if (a instanceof Date) return +a === +b
  if (a instanceof Map || a instanceof Set) return isDeepEqual([...a], [...b])
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isDeepEqual(a[key], b[key]))
}
class AssertionError extends Error {
  get name() { return 'AssertionError' }
}
const check = (test, message, otherwise) => {
  if (!test) throw message instanceof Error ? message : new AssertionError(message ?? otherwise)
}
const assert = Object.assign((test, message) => check(test, message, 'The expression is not true'), {
  AssertionError,
  ok: (test, message) => check(test, message, 'The expression is not true'),
  equal: (a, b, message) => check(Object.is(a, b), message, inspect(a, {}) + ' !== ' + inspect(b, {})),
  notEqual: (a, b, message) => check(!Object.is(a, b), message, 'Both are ' + inspect(a, {})),
  deepEqual: (a, b, message) => check(isDeepEqual(a, b), message, inspect(a, {}) + ' is not deeply ' + inspect(b, {})),
  notDeepEqual: (a, b, message) => check(!isDeepEqual(a, b), message, 'Both are ' + inspect(a, {})),
  fail: (message) => check(false, message, 'Failed'),
  throws(work, message) {
    try { work() } catch { return }
    check(false, typeof message === 'string' ? message : undefined, 'Nothing was thrown')
  },
})
Object.assign(assert, { strict: assert, strictEqual: assert.equal, notStrictEqual: assert.notEqual, deepStrictEqual: assert.deepEqual, notDeepStrictEqual: assert.notDeepEqual })

const later = (ms, value) => new Promise((resolve) => startTimer(() => resolve(value), ms))
const promisify = (work) => (...given) =>
  new Promise((resolve, reject) => work(...given, (error, value) => (error ? reject(error) : resolve(value))))
const crypto = globalThis.crypto
crypto.randomUUID ??= () => {
  const bytes = Buffer.from(crypto.getRandomValues(new Uint8Array(16)))
  bytes[6] = (bytes[6] & 15) | 64
  bytes[8] = (bytes[8] & 63) | 128
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

const builtins = {
  fs, path, assert, crypto, process: () => process, console: () => console,
  'fs/promises': filesLater, 'path/posix': path, 'assert/strict': assert,
  buffer: { Buffer }, events: EventEmitter,
  util: { inspect, format, promisify, isDeepStrictEqual: isDeepEqual, TextEncoder, TextDecoder, types: {} },
  url: { URL, URLSearchParams, fileURLToPath: (url) => decodeURIComponent(new URL(url).pathname), pathToFileURL: (text) => new URL('file://' + text) },
  os: { EOL: '\n', tmpdir: () => '/scratch', homedir: () => '/scratch', platform: () => 'quickjs', cpus: () => [] },
  timers: () => ({ setTimeout, setInterval, setImmediate, clearTimeout, clearInterval, clearImmediate }),
  'timers/promises': { setTimeout: later, setImmediate: (value) => later(0, value) },
}

function builtin(name) {
  const plain = name.replace(/^node:/, '')
  if (!Object.hasOwn(builtins, plain)) return undefined
  const found = builtins[plain]
  return typeof found === 'function' && found !== EventEmitter && found !== assert ? found() : found
}
function missing(name) {
  const why = host.isNodeLibrary(name.replace(/^node:/, '').split('/')[0])
    ? failure('ERR_ACCESS_DENIED', 'this box has no such part of Node', name)
    : failure('MODULE_NOT_FOUND', 'no such package in node_packages', name)
  return why
}

const loaded = new Map()
function requireFrom(base) {
  return (name) => {
    const own = builtin(name)
    if (own !== undefined) return own
    const file = host.resolve(base, name)
    if (file === undefined) throw missing(name)
    if (loaded.has(file)) return loaded.get(file).exports
    const source = host.source(file)
    const unit = { exports: {}, id: file, filename: file, loaded: false }
    loaded.set(file, unit)
    if (file.endsWith('.json')) unit.exports = JSON.parse(source)
    else {
      const work = host.compile('(function (exports, require, module, __filename, __dirname) {' + source + '\n})', file)
      work.call(unit.exports, unit.exports, requireFrom(file), unit, file, parentOf(file))
    }
    unit.loaded = true
    return unit.exports
  }
}
`
