/**
 * The three standard streams of a program. Node gives a program sockets, and a socket cannot be opened by its name:
 * `echo oops > /dev/stderr` or `cat /dev/stdin` would fail. So standard input is a file that has no name any more, and
 * the outputs are named pipes that lose their names at once. Where there are no named pipes (Windows), Node's do.
 */
import { execFile, type ChildProcess } from 'node:child_process'
import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { invariant } from '../errors.ts'

export interface Readers {
  readonly stdout: Readable
  readonly stderr: Readable
}

export interface Stdio extends Disposable {
  readonly forChild: ['ignore' | number, 'pipe' | number, 'pipe' | number]
  /** What the program writes. Call once it has started: it then holds the only writing ends. */
  readers(child: ChildProcess): Readers
}

/** The folder in which files and pipes are made is gone when this resolves; disposing closes what is still open. */
export async function openStdio(stdin: string | AsyncIterable<Uint8Array> | undefined): Promise<Stdio> {
  const folder = await mkdtemp(join(tmpdir(), 'nexus-stdio-'))
  const held = new Set<number>()
  const release = (): void => {
    held.forEach((descriptor) => closeSync(descriptor))
    held.clear()
  }
  try {
    const path = join(folder, 'stdin')
    const input = stdin === undefined ? ('ignore' as const) : await openInput(path, stdin, held)
    const pipes = await openPipes(folder, held)
    return {
      forChild: [input, pipes?.stdout.writing ?? 'pipe', pipes?.stderr.writing ?? 'pipe'],
      readers(child) {
        if (!pipes) return childReaders(child)
        held.delete(pipes.stdout.reading)
        held.delete(pipes.stderr.reading)
        release()
        return { stdout: reader(pipes.stdout), stderr: reader(pipes.stderr) }
      },
      [Symbol.dispose]: release,
    }
  } catch (error) {
    release()
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Written at positions, which leaves the descriptor's own at 0: the program reads from the start. */
async function openInput(
  path: string,
  content: string | AsyncIterable<Uint8Array>,
  held: Set<number>,
): Promise<number> {
  const descriptor = openSync(path, 'wx+', 0o600)
  held.add(descriptor)
  let written = 0
  for await (const piece of typeof content === 'string' ? [Buffer.from(content)] : content) {
    for (let at = 0; at < piece.length;)
      at += writeSync(descriptor, piece, at, piece.length - at, written + at)
    written += piece.length
  }
  return descriptor
}

interface Pipe {
  readonly reading: number
  readonly writing: number
}

async function openPipes(
  folder: string,
  held: Set<number>,
): Promise<{ stdout: Pipe; stderr: Pipe } | undefined> {
  const [stdout, stderr] = [join(folder, 'stdout'), join(folder, 'stderr')]
  try {
    await promisify(execFile)('mkfifo', ['-m', '600', stdout, stderr])
  } catch {
    // No such program, or a file system that has no pipes: Node's own serve all but programs that open them by name.
    return undefined
  }
  return { stdout: openPipe(stdout, held), stderr: openPipe(stderr, held) }
}

/** The reading end first, without waiting for a writer; the writing end then finds its reader. Neither blocks. */
function openPipe(path: string, held: Set<number>): Pipe {
  const reading = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  held.add(reading)
  const writing = openSync(path, constants.O_WRONLY)
  held.add(writing)
  return { reading, writing }
}

function reader(pipe: Pipe): Readable {
  return new Socket({ fd: pipe.reading, readable: true, writable: false })
}

function childReaders({ stdout, stderr }: ChildProcess): Readers {
  invariant(stdout && stderr, 'a program was started without pipes for its output')
  return { stdout, stderr }
}
