/**
 * What every worker that is a Node process has in common: frames on its standard streams, and the giving up of rights
 * once it has loaded what it needs. It is text, since it runs in another process. Nothing of a script runs in its scope.
 */
export const nodeDriver = String.raw`
import { Buffer } from 'node:buffer'
import { readFileSync, writeSync, realpathSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { createRequire } from 'node:module'

// Its module would look at every stream, after which standard input no longer waits for what is read of it.
const { process } = globalThis
const pieceBytes = 262144
const empty = Buffer.alloc(0)

function writeAll(bytes) {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(1, bytes, at)
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
    }
  }
}
function send(type, payload) {
  const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload
  const head = Buffer.alloc(5)
  head.writeUInt32LE(bytes.length)
  head.write(type, 4, 'latin1')
  writeAll(bytes.length < 65536 ? Buffer.concat([head, bytes]) : head)
  if (bytes.length >= 65536) writeAll(bytes)
}
function sendPieces(type, bytes) {
  for (let at = 0; at < bytes.length; at += pieceBytes) send(type, bytes.subarray(at, at + pieceBytes))
}
function sendFile(name, bytes) {
  const label = Buffer.from(name)
  const length = Buffer.alloc(2)
  length.writeUInt16LE(label.length)
  for (let at = 0; at === 0 || at < bytes.length; at += pieceBytes)
    send('F', Buffer.concat([length, label, bytes.subarray(at, at + pieceBytes)]))
}

/** Calls onFrame(type, payload) for each frame of the host; ends the process when the host is gone. */
function listen(onFrame) {
  let held = empty
  process.stdin.on('data', (chunk) => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    while (held.length >= 5 && held.length >= 5 + held.readUInt32LE()) {
      const end = 5 + held.readUInt32LE()
      const [type, payload] = [String.fromCharCode(held[4]), held.subarray(5, end)]
      held = held.subarray(end)
      onFrame(type, payload)
    }
  })
  process.stdin.on('end', () => process.exit(0))
}
/** Collects a job: its head, its files, and then go. */
function jobs(onJob, onOther) {
  let job
  listen((type, payload) => {
    if (type === 'J') job = { ...JSON.parse(payload.toString()), files: Object.create(null) }
    else if (type === 'I') {
      const end = 2 + payload.readUInt16LE()
      const name = payload.toString('utf8', 2, end)
      ;(job.files[name] ??= []).push(payload.subarray(end))
    } else if (type === 'G') {
      for (const name of Object.keys(job.files)) job.files[name] = Buffer.concat(job.files[name])
      onJob(job)
    }
    else onOther?.(type, payload)
  })
}

/** An unprivileged user where this one is root, and the layers that hold, each tried out. */
function giveUpRights(readable) {
  const layers = []
  if (process.getuid?.() === 0) {
    process.setgroups([])
    process.setgid(65534)
    process.setuid(65534)
  }
  if (process.getuid && process.getuid() !== 0) layers.push('unprivileged_user')
  const { permission } = process
  const isClosed = permission !== undefined && !permission.has('child') && !permission.has('worker') && !permission.has('addon') &&
    !permission.has('wasi') && !permission.has('net') && !permission.has('fs.write') && !permission.has('fs.read')
  let isRefused = false
  try { readFileSync('/etc/hostname') } catch (error) { isRefused = error.code === 'ERR_ACCESS_DENIED' }
  if (isClosed && isRefused) layers.push('node_permissions')
  return layers
}
`
