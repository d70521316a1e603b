/**
 * The server in its process, as the bench sees it: what it is asked over HTTP, and what it is asked about itself.
 */
import { Client } from '@nexus/api'
import { systemClock } from '@nexus/sdk'
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type HostName = 'in_process' | 'process'

const heapMb = 256

export class MeasuredServer {
  readonly client: Client
  readonly #child: ChildProcess
  readonly #gone: Promise<unknown[]>

  private constructor(child: ChildProcess, gone: Promise<unknown[]>, url: string) {
    this.#child = child
    this.#gone = gone
    this.client = new Client({ url, clock: systemClock })
  }

  static async start(folder: string, host: HostName, setupMsMax: number): Promise<MeasuredServer> {
    const child = fork(join(import.meta.dirname, 'server.ts'), [folder, host, String(setupMsMax)], {
      execArgv: ['--expose-gc', `--max-old-space-size=${heapMb}`],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const gone = once(child, 'close')
    const [{ url }] = (await Promise.race([once(child, 'message'), died(gone)])) as [{ url: string }]
    return new MeasuredServer(child, gone, url)
  }

  /** The heap after a full collection, in bytes. */
  memory(): Promise<{ heap: number; rss: number }> {
    return this.#ask('memory') as Promise<{ heap: number; rss: number }>
  }

  /** Resolves when nothing is left to drain. */
  async settle(): Promise<void> {
    await this.#ask('settle')
  }

  async #ask(what: string): Promise<unknown> {
    const answered = once(this.#child, 'message')
    this.#child.send(what)
    const [answer] = await Promise.race([answered, died(this.#gone)])
    return answer as unknown
  }

  /** The processes that it has started, where the system says. */
  get children(): number | null {
    if (process.platform !== 'linux') return null
    const { pid } = this.#child
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim()
    return text === '' ? 0 : text.split(' ').length
  }

  /** Rejects where it died meanwhile. */
  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return
    this.#child.send('end')
    const [code] = await this.#gone
    if (code !== 0) throw new Error(`The server ended with exit code ${String(code)}.`)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }
}

async function died(gone: Promise<unknown[]>): Promise<never> {
  const [code, signal] = await gone
  throw new Error(`The server died: exit code ${String(code)}, signal ${String(signal)}.`)
}
