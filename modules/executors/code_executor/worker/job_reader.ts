/**
 * How a worker for one script reads what its host sends: it waits for each frame where it stands, so that the script may
 * wait for an answer too. It is text, since it runs in another process, and needs `readSync` there.
 */
export const jobReader = String.raw`
function read(descriptor, size) {
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; ) {
    const got = readSync(descriptor, bytes, at, size - at)
    if (got === 0) throw new Error('the host is gone')
    at += got
  }
  return bytes
}
function readFrame(descriptor) {
  const head = read(descriptor, 5)
  return { type: String.fromCharCode(head[4]), payload: read(descriptor, head.readUInt32LE()) }
}
/** A job: its head, its files by name, and then go. */
function readJob(descriptor) {
  const pieces = new Map()
  let head
  for (;;) {
    const { type, payload } = readFrame(descriptor)
    if (type === 'J') head = JSON.parse(payload.toString())
    else if (type === 'I') {
      const end = 2 + payload.readUInt16LE()
      const name = payload.toString('utf8', 2, end)
      pieces.set(name, [...(pieces.get(name) ?? []), payload.subarray(end)])
    } else if (type === 'G') {
      const files = new Map([...pieces].map(([name, parts]) => [name, Buffer.concat(parts)]))
      return { ...head, files }
    }
  }
}
`
