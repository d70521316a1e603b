/**
 * The files of a script in QuickJS: bytes in the virtual machine's own memory, under its memory limit, and gone with
 * it. No path of the machine exists there. It is text, and as untrusted as the script itself.
 */
export const guestFiles = String.raw`
const encode = (text) => new TextEncoder().encode(text)
const decode = (bytes) => new TextDecoder().decode(bytes)
const hex = '0123456789abcdef'

class Buffer extends Uint8Array {
  static from(value, encoding) {
    if (typeof value === 'string') return Buffer.from(bytesOf(value, encoding))
    const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : value
    const buffer = new Buffer(bytes.length)
    buffer.set(bytes)
    return buffer
  }
  static alloc(size, fill = 0) { return new Buffer(size).fill(typeof fill === 'string' ? fill.charCodeAt(0) : fill) }
  static allocUnsafe(size) { return new Buffer(size) }
  static isBuffer(value) { return value instanceof Buffer }
  static byteLength(text, encoding) { return typeof text === 'string' ? bytesOf(text, encoding).length : text.byteLength }
  static concat(parts) {
    const whole = new Buffer(parts.reduce((sum, part) => sum + part.length, 0))
    let at = 0
    for (const part of parts) { whole.set(part, at); at += part.length }
    return whole
  }
  toString(encoding = 'utf8') {
    if (encoding === 'hex') return Array.from(this, (byte) => hex[byte >> 4] + hex[byte & 15]).join('')
    if (encoding === 'latin1' || encoding === 'binary' || encoding === 'ascii') return Array.from(this, (byte) => String.fromCharCode(byte)).join('')
    if (encoding === 'base64') return btoa(this.toString('latin1'))
    if (encoding === 'base64url') return btoa(this.toString('latin1')).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
    return decode(this)
  }
  toJSON() { return { type: 'Buffer', data: Array.from(this) } }
  equals(other) { return this.length === other.length && this.every((byte, at) => byte === other[at]) }
}

function bytesOf(text, encoding = 'utf8') {
  if (encoding === 'hex') return Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16))
  if (encoding === 'latin1' || encoding === 'binary' || encoding === 'ascii') return Uint8Array.from(text, (char) => char.charCodeAt(0))
  if (encoding === 'base64' || encoding === 'base64url') {
    const plain = text.replaceAll('-', '+').replaceAll('_', '/').replace(/[\s=]+/g, '')
    return bytesOf(atob(plain + '='.repeat((4 - (plain.length % 4)) % 4)), 'latin1')
  }
  return encode(text)
}

const home = '/scratch'
const filesMax = 10000
const tree = new Map([[home, null]])
const opened = new Map()
let stdinBytes

const failure = (code, what, path) => Object.assign(new Error(code + ': ' + what + ", '" + path + "'"), { code, path })

function place(path) {
  const text = path instanceof URL ? decodeURIComponent(path.pathname) : String(path)
  const steps = []
  for (const step of (text.startsWith('/') ? text : home + '/' + text).split('/')) {
    if (step === '..') steps.pop()
    else if (step !== '' && step !== '.') steps.push(step)
  }
  const full = '/' + steps.join('/')
  if (full !== home && !full.startsWith(home + '/')) throw failure('ERR_ACCESS_DENIED', 'a script has no files but those of its own folder', text)
  return full
}
const parentOf = (path) => path.slice(0, path.lastIndexOf('/'))
const stdin = () => (stdinBytes ??= Buffer.from(host.stdin ?? ''))

function readFileSync(path, options) {
  const encoding = typeof options === 'string' ? options : options?.encoding
  let bytes
  if (path === 0 || path === '/dev/stdin') bytes = stdin()
  else {
    const full = typeof path === 'number' ? opened.get(path)?.path : place(path)
    bytes = tree.get(full)
    if (bytes === undefined) throw failure('ENOENT', 'no such file or directory', path)
    if (bytes === null) throw failure('EISDIR', 'illegal operation on a directory', path)
  }
  return encoding && encoding !== 'buffer' ? bytes.toString(encoding) : Buffer.from(bytes)
}
function writeFileSync(path, data, options) {
  if (path === 1 || path === 2) return void writeSync(path, data)
  const full = place(path)
  if (!tree.has(parentOf(full)) || tree.get(parentOf(full)) !== null) throw failure('ENOENT', 'no such file or directory', path)
  if (tree.get(full) === null) throw failure('EISDIR', 'illegal operation on a directory', path)
  const bytes = Buffer.from(typeof data === 'string' || ArrayBuffer.isView(data) ? data : String(data))
  const flag = typeof options === 'object' ? options?.flag : undefined
  const heldBytes = [...tree.values()].reduce((sum, held) => sum + (held?.length ?? 0), 0) - (flag === 'a' ? 0 : (tree.get(full)?.length ?? 0))
  if (heldBytes + bytes.length > host.scratchBytes || tree.size > filesMax) throw failure('ENOSPC', 'no space left in the folder', path)
  tree.set(full, flag === 'a' && tree.has(full) ? Buffer.concat([tree.get(full), bytes]) : bytes)
}
const appendFileSync = (path, data) => writeFileSync(path, data, { flag: 'a' })
function writeSync(descriptor, data) {
  if (descriptor !== 1 && descriptor !== 2) throw failure('EBADF', 'bad file descriptor', descriptor)
  host.write(descriptor, data)
  return data.length
}
function existsSync(path) {
  try { return tree.has(place(path)) } catch { return false }
}
function readdirSync(path) {
  const full = place(path)
  if (tree.get(full) !== null) throw failure(tree.has(full) ? 'ENOTDIR' : 'ENOENT', 'no such directory', path)
  return [...tree.keys()].filter((name) => parentOf(name) === full).map((name) => name.slice(full.length + 1)).sort()
}
function mkdirSync(path, options) {
  const full = place(path)
  if (tree.has(full)) {
    if (options?.recursive && tree.get(full) === null) return undefined
    throw failure('EEXIST', 'file already exists', path)
  }
  if (!tree.has(parentOf(full))) {
    if (!options?.recursive) throw failure('ENOENT', 'no such file or directory', path)
    mkdirSync(parentOf(full), options)
  }
  tree.set(full, null)
}
function rmSync(path, options) {
  const full = place(path)
  if (!tree.has(full)) {
    if (options?.force) return
    throw failure('ENOENT', 'no such file or directory', path)
  }
  if (tree.get(full) === null && !options?.recursive) throw failure('EISDIR', 'is a directory', path)
  for (const name of [...tree.keys()]) if (name !== home && (name === full || name.startsWith(full + '/'))) tree.delete(name)
}
function statSync(path) {
  const bytes = tree.get(place(path))
  if (bytes === undefined) throw failure('ENOENT', 'no such file or directory', path)
  return { size: bytes?.length ?? 0, isFile: () => bytes !== null, isDirectory: () => bytes === null, isSymbolicLink: () => false }
}
function renameSync(from, to) { writeFileSync(to, readFileSync(from)); rmSync(from) }
const copyFileSync = (from, to) => writeFileSync(to, readFileSync(from))
const unlinkSync = (path) => rmSync(path)

const filesSync = { readFileSync, writeFileSync, appendFileSync, writeSync, existsSync, readdirSync, mkdirSync, rmSync, unlinkSync, statSync, lstatSync: statSync, renameSync, copyFileSync, accessSync: (path) => void statSync(path) }
const filesLater = Object.fromEntries(
  Object.entries(filesSync).map(([name, work]) => [name.replace(/Sync$/, ''), async (...given) => work(...given)]),
)
const fs = { ...filesSync, promises: filesLater }
`
