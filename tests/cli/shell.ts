/**
 * The nexus command in a world of its own: a temporary folder, and everything that it writes, as a terminal would get it.
 */
import { main, terminal } from '@nexus/cli'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'

export interface World {
  readonly folder: string
  /** Writes a file into the folder and gives its path. */
  file(name: string, text: string): string
  /** Runs the command; `--data` is given where it takes one. */
  nexus(...args: string[]): Promise<{ code: number; out: string; err: string }>
  /** What the command that runs has said on standard error so far. */
  said(): string
  /** As Ctrl-C would. */
  interrupt(): void
  [Symbol.dispose](): void
}

export interface SetupOptions {
  /** The width of a terminal that output goes to; without it there is none. */
  readonly screen?: number
}

/** `input`: what is piped into each command. */
export function setup(input = '', { screen }: SetupOptions = {}): World {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-cli-'))
  const interrupts = new Set<() => void>()
  let said = ''
  return {
    folder,
    file(name, text) {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    },
    async nexus(...args) {
      let out = ''
      let err = ''
      const io = terminal({
        stdout: Object.assign(
          writable((text) => void (out += text)),
          screen !== undefined && { isTTY: true, columns: screen },
        ),
        stderr: writable((text) => {
          err += text
          said = err
        }),
        stdin: Readable.from(input === '' ? [] : [input]),
        env: {},
        on: (_signal, callback) => interrupts.add(callback),
        off: (_signal, callback) => interrupts.delete(callback),
      })
      const code = await main(args, io)
      return { code, out, err }
    },
    said: () => said,
    interrupt() {
      for (const callback of interrupts) callback()
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A stream that gives what is written to it on. */
export function writable(take: (text: string) => void): Writable {
  return new Writable({
    decodeStrings: false,
    write(chunk: string | Buffer, _encoding, done) {
      take(chunk.toString())
      done()
    },
  })
}

/** A document with these tasks; the first line of the tasks is line 4. */
export function workflow(tasks: string, more = ''): string {
  return `document: { dsl: '1.0.3', namespace: test, name: sample, version: '1.0.0' }\n${more}\ndo:\n${tasks}`
}
