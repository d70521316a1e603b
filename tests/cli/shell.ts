/**
 * The nexus command in a world of its own: a temporary folder, and everything that it prints.
 */
import { main } from '@nexus/cli'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

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

export function setup(input = ''): World {
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
      const code = await main(args, {
        out: (text) => void (out += text),
        outBytes: async (bytes) => void (out += Buffer.from(bytes).toString()),
        err(text) {
          err += text
          said = err
        },
        interactive: false,
        columns: 100,
        style: (_style, text) => text,
        readInput: async () => input,
        ask: async () => undefined,
        onInterrupt(callback) {
          interrupts.add(callback)
          return () => interrupts.delete(callback)
        },
      })
      return { code, out, err }
    },
    said: () => said,
    interrupt() {
      for (const callback of interrupts) callback()
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }),
  }
}

/** A document with these tasks; the first line of the tasks is line 4. */
export function workflow(tasks: string, more = ''): string {
  return `document: { dsl: '1.0.3', namespace: test, name: sample, version: '1.0.0' }\n${more}\ndo:\n${tasks}`
}
