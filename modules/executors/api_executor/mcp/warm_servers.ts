/**
 * Servers that are kept between calls, where the operator wants that: one call at a time has one, and gives it back when it
 * is as good as before. They are bounded in number and in the time that they wait, and all ended at the end. By default
 * none is kept: a server may hold a state that a run would find again in one process and miss after a crash.
 */
import { hash } from 'node:crypto'
import type { Clock, JsonObject } from '@nexus/sdk'
import type { Client } from '@modelcontextprotocol/client'
import type { McpCall } from './arguments.ts'
import type { StdioSession } from './stdio_session.ts'

const keepings = ['none', 'run', 'all'] as const
/** For nobody, for the calls of one run, or for whoever asks for the same server. */
export type Keeping = (typeof keepings)[number]

export interface WarmSettings {
  readonly keeping: Keeping
  readonly serversMax: number
  readonly idleMs: number
}

/** The manifest's defaults, for a host that fills in none. */
const serversMaxDefault = 8
const idleMsDefault = 60_000

export function readWarmSettings(config: JsonObject): WarmSettings {
  return {
    keeping: keepings.find((known) => known === config['mcp_keep']) ?? 'none',
    serversMax: Number(config['mcp_keep_max'] ?? serversMaxDefault),
    idleMs: Number(config['mcp_idle_ms'] ?? idleMsDefault),
  }
}

/** A server that is started and has been greeted. */
export interface Ready {
  readonly client: Client
  readonly session: StdioSession
}

interface Idle extends Ready {
  readonly key: string
  readonly stopTimer: () => void
}

export class WarmServers {
  /** In the order of their coming. */
  readonly #idle = new Set<Idle>()
  readonly #ending = new Set<Promise<void>>()
  #isClosed = false

  /** One that waits, which is then the caller's alone. */
  take(key: string): Ready | undefined {
    for (const idle of this.#idle) {
      if (idle.key !== key) continue
      this.#forget(idle)
      if (idle.session.failure() === undefined && !idle.session.isOver) return idle
      this.#end(idle)
    }
    return undefined
  }

  /** Keeps it for the next, or ends it where there is no room. */
  async give(key: string, { client, session }: Ready, settings: WarmSettings, clock: Clock): Promise<void> {
    if (this.#isClosed || session.isOver || settings.serversMax === 0) return session.end()
    const idle: Idle = {
      key,
      client,
      session,
      stopTimer: clock.timer(settings.idleMs, () => {
        this.#forget(idle)
        this.#end(idle)
      }),
    }
    this.#idle.add(idle)
    for (const oldest of this.#idle) {
      if (this.#idle.size <= settings.serversMax) break
      this.#forget(oldest)
      this.#end(oldest)
    }
  }

  /** Resolves when nothing is left of any of them. */
  async close(): Promise<void> {
    this.#isClosed = true
    for (const idle of this.#idle) {
      this.#forget(idle)
      this.#end(idle)
    }
    await Promise.all(this.#ending)
  }

  #forget(idle: Idle): void {
    idle.stopTimer()
    this.#idle.delete(idle)
  }

  #end({ session }: Ready): void {
    const ending = session.end().finally(() => this.#ending.delete(ending))
    this.#ending.add(ending)
  }
}

/** Who may have the same server: all that ask for the same, within a run or everywhere. It gives no secret away. */
export function keyOf(call: McpCall, keeping: Keeping, runId: string): string {
  const { server, protocolVersion, client } = call
  return hash('sha256', JSON.stringify([server, protocolVersion, client, keeping === 'run' ? runId : null]))
}
