/**
 * Whoever follows docs/modules.md: a folder inside of a checkout, one terminal for `nexus dev` and one for all else.
 * `npx nexus` runs in this process, everything else by a shell.
 */
import { main, terminal } from '@nexus/cli'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { promisify } from 'node:util'
import { expect, vi } from 'vitest'
import { writable } from '../../cli/shell.ts'
import { patternOf, type Block, type Step } from './blocks.ts'

const checkout = join(import.meta.dirname, '../../..')
/** Where the nexus command itself keeps what Node has compiled. */
const compiled = join(tmpdir(), 'node-compile-cache')
const soon = { timeout: 15_000, interval: 20 }

/** A checkout as far as the guide needs one. */
export function makeCheckout(): Disposable & { readonly folder: string } {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'nexus-guide-')))
  for (const name of ['node_modules', 'python']) symlinkSync(join(checkout, name), join(folder, name))
  return { folder, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) }
}

export class Reader implements AsyncDisposable {
  readonly #home: string
  readonly #folder: string
  readonly #before = process.cwd()
  readonly #interrupts = new Set<() => void>()
  /** What stays up, and what it has said that the guide has not shown yet. */
  #staying: Promise<number> | undefined
  #said = ''

  constructor(home: string) {
    this.#home = home
    this.#folder = mkdtempSync(join(home, 'mine-'))
    process.chdir(this.#folder)
  }

  async follow(block: Block): Promise<void> {
    if (block.kind === 'transcript') for (const step of block.steps) await this.#do(step, block.line)
    else this.#save(block.path, block.text)
  }

  #save(path: string, text: string): void {
    mkdirSync(dirname(join(this.#folder, path)), { recursive: true })
    writeFileSync(join(this.#folder, path), text)
  }

  async #do({ command, prints }: Step, line: number): Promise<void> {
    const where = `docs/modules.md:${line}: ${command ?? 'what stays up'}`
    if (command === undefined) return this.#expectSaid(prints, where)
    if (/^npx nexus (?:dev|start)\b/.test(command)) {
      this.#staying = this.#nexus(
        [...wordsOf(command).slice(2), '--port', '0'],
        (text) => (this.#said += text),
      )
      return this.#expectSaid(prints, where)
    }
    expect(await this.#run(command), where).toMatch(patternOf(prints))
  }

  async #expectSaid(prints: string, where: string): Promise<void> {
    await vi.waitFor(() => expect(this.#said, where).toMatch(patternOf(prints)), soon)
    this.#said = ''
  }

  async #run(command: string): Promise<string> {
    const [, variables = '', rest = command] = /^((?:[A-Z_]+=\S+ )*)npx nexus (.*)$/.exec(command) ?? []
    if (rest === command) return this.#shell(command)
    for (const word of wordsOf(variables)) {
      const [name = '', value = ''] = word.split('=')
      vi.stubEnv(name, value)
    }
    let printed = ''
    await this.#nexus(wordsOf(rest), (text) => (printed += text))
    vi.unstubAllEnvs()
    return printed
  }

  #nexus(args: readonly string[], print: (text: string) => void): Promise<number> {
    const printed = writable(print)
    const io = terminal({
      stdout: printed,
      stderr: printed,
      stdin: Readable.from([]),
      env: {},
      on: (_signal, callback) => this.#interrupts.add(callback),
      off: (_signal, callback) => this.#interrupts.delete(callback),
    })
    return main(args, io)
  }

  async #shell(command: string): Promise<string> {
    const bin = join(this.#home, 'node_modules/.bin')
    const path = [dirname(process.execPath), bin, process.env['PATH']].join(delimiter)
    const { NODE_OPTIONS: _, ...inherited } = process.env
    const env = { ...inherited, PATH: path, NODE_COMPILE_CACHE: compiled, PYTHONDONTWRITEBYTECODE: '1' }
    const plain = command.replace(/\bnpx (?=node\b)/, '')
    const ran = await promisify(execFile)('sh', ['-c', plain], { cwd: this.#folder, env }).catch(
      (error: { stdout: string; stderr: string }) => error,
    )
    return `${ran.stdout}${ran.stderr}`
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const interrupt of this.#interrupts) interrupt()
    await this.#staying
    process.chdir(this.#before)
  }
}

/** As a shell splits them: by spaces, but for what stands in single quotes. */
function wordsOf(command: string): string[] {
  return (command.match(/(?:'[^']*'|[^\s'])+/g) ?? []).map((word) => word.replaceAll("'", ''))
}
