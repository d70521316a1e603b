/**
 * What bounds a script in Pyodide from inside of its process: how far its WebAssembly memory grows, and what its files,
 * pipes and descriptors hold, which are objects of JavaScript beside that memory. A script that gets past this, with
 * WebAssembly of its own, still has the system's limit on the whole process before it. Sockets, which Emscripten only
 * imitates, are refused. It is text, since it runs in another process; the numbers of errors are those of WASI.
 */
export const pyodideBounds = String.raw`
const [EACCES, EAGAIN, ENOSPC] = [2, 6, 51]
const filesMax = 10000
const pipeBytesMax = 65536
const descriptorsMax = 128
const wasmPageBytes = 65536

let memoryBytesMax = Infinity
const growMemory = WebAssembly.Memory.prototype.grow
/** Emscripten grows its memory by this; what it refuses is a MemoryError in Python. */
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * wasmPageBytes > memoryBytesMax) throw new RangeError('more memory than the script may have')
  return Reflect.apply(growMemory, this, [pages])
}

/** Bytes and nodes of the tree, and of files that are open and in no folder any more. */
function measureFiles(FS) {
  const seen = new Set(FS.streams.flatMap((stream) => (stream?.node ? [stream.node] : [])))
  const waiting = [FS.root, ...seen]
  let bytes = 0
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    seen.add(node)
    if (FS.isDir(node.mode)) {
      for (const inner of Object.values(node.contents ?? {})) if (!seen.has(inner)) waiting.push(inner)
    } else bytes += node.contents?.length ?? node.link?.length ?? 0
  }
  return { bytes, count: seen.size }
}

/** From now on a script has so much, and is told that no space is left where it wants more. */
function boundFiles({ FS, MEMFS, PIPEFS, SOCKFS }, bytesMax) {
  let used = measureFiles(FS)
  const state = { isFull: false }
  const most = { bytes: used.bytes + bytesMax, count: used.count + filesMax }
  const isOver = (bytes, count) => used.bytes + bytes > most.bytes || used.count + count > most.count
  const take = (bytes, count) => {
    // What was removed meanwhile counts no more.
    if (isOver(bytes, count)) used = measureFiles(FS)
    if (isOver(bytes, count)) {
      state.isFull = true
      throw new FS.ErrnoError(ENOSPC)
    }
    used.bytes += bytes
    used.count += count
  }
  const { file, dir } = MEMFS.ops_table
  const { write } = file.stream
  MEMFS.stream_ops.write = file.stream.write = (stream, buffer, offset, length, position, canOwn) => {
    const heldBytes = stream.node.contents.length
    const moreBytes = Math.max(0, position + length - heldBytes)
    take(moreBytes, 0)
    const written = write(stream, buffer, offset, length, position, canOwn)
    used.bytes += stream.node.contents.length - heldBytes - moreBytes
    return written
  }
  const { resizeFileStorage, createNode } = MEMFS
  MEMFS.resizeFileStorage = (node, size) => {
    take(Math.max(0, size - node.contents.length), 0)
    return resizeFileStorage(node, size)
  }
  MEMFS.createNode = (...given) => {
    take(0, 1)
    return createNode(...given)
  }
  const { symlink } = dir.node
  dir.node.symlink = (folder, name, target) => {
    take(target.length, 0)
    return symlink(folder, name, target)
  }
  const { write: writePipe } = PIPEFS.stream_ops
  PIPEFS.stream_ops.write = (stream, buffer, offset, length, position) => {
    const heldBytes = stream.node.pipe.buckets.reduce((sum, one) => sum + one.offset - one.roffset, 0)
    if (heldBytes + length > pipeBytesMax) throw new FS.ErrnoError(EAGAIN)
    return writePipe(stream, buffer, offset, length, position)
  }
  FS.MAX_OPEN_FDS = descriptorsMax
  SOCKFS.createSocket = () => {
    throw new FS.ErrnoError(EACCES)
  }
  return state
}
`
