/**
 * A Nexus of its own for each test of events, and the ways to wait for what it records instead of for time to pass.
 */
import { openNexus, type LiveRun, type Nexus, type RunEvent, type RunOutcome } from '@nexus/nexus'
import type { Json } from '@nexus/sdk'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface World {
  nexus: Nexus
  readonly folder: string
  /** Starts a document of these tasks. */
  start(tasks: readonly object[], input?: Json): Promise<Watched>
  /** Closes and opens again, as a restart does, and goes on with a run. */
  restart(run: string): Promise<Watched>
  [Symbol.asyncDispose](): Promise<void>
}

export interface Watched extends LiveRun {
  /** Resolves with the first event of this type, also one that was heard already; `nth` counts from 1. */
  event(type: RunEvent['type'], nth?: number): Promise<RunEvent>
}

export async function setup(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-listen-'))
  const world: World = {
    nexus: await openNexus({ data: folder }),
    folder,
    async start(tasks, input = {}) {
      const document = {
        document: { dsl: '1.0.3', namespace: 'test', name: 'events', version: '1.0.0' },
        do: tasks,
      }
      return watched(await world.nexus.run(world.nexus.check(JSON.stringify(document)), input))
    },
    async restart(run) {
      await world.nexus.close()
      world.nexus = await openNexus({ data: folder })
      return watched(await world.nexus.runs.resume(run))
    },
    async [Symbol.asyncDispose]() {
      await world.nexus.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  return world
}

function watched(live: LiveRun): Watched {
  const heard: RunEvent[] = []
  const waiting = new Set<() => void>()
  live.listen((event) => {
    heard.push(event)
    for (const look of waiting) look()
  })
  const event = (type: RunEvent['type'], nth = 1): Promise<RunEvent> => {
    const { promise, resolve } = Promise.withResolvers<RunEvent>()
    const look = (): void => {
      const found = heard.filter((each) => each.type === type)[nth - 1]
      if (found) resolve(found)
    }
    waiting.add(look)
    look()
    return promise.finally(() => waiting.delete(look))
  }
  return { ...live, event }
}

/** The output of a run that completed. Throws where it ended otherwise. */
export async function outputOf(live: LiveRun): Promise<Json> {
  const outcome: RunOutcome = await live.ended
  if (outcome.status === 'completed') return outcome.output
  throw new Error(`The run is ${outcome.status}: ${JSON.stringify(outcome)}`)
}
