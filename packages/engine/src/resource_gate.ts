/**
 * Whether what a run needs fits beside what is in progress: one that fits later waits for its turn, in the order of asking,
 * and one that never fits is refused. It believes what it is told of needs; who estimates them is somebody else. A module
 * that several runs need is there once, so that its memory counts once.
 */
import { isJsonObject, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { QueuedTicket, type Ticket } from './admission.ts'

/** What there is for all runs together. */
export interface Resources {
  readonly memoryMb: number
  readonly cpuCores: number
}

export interface ResourceNeeds {
  /** By the modules that may be at work at the same time, in megabytes. */
  readonly memoryMb: Readonly<Record<string, number>>
  readonly cpuCores: number
}

/** Runs that wait at most. */
const waitingMax = 10_000

interface Waiting {
  readonly needs: ResourceNeeds
  readonly ticket: QueuedTicket
}

export class ResourceGate {
  readonly #resources: Resources
  readonly #held = new Set<ResourceNeeds>()
  readonly #waiting = new Set<Waiting>()

  constructor(resources: Resources) {
    this.#resources = resources
  }

  /** Throws a `TaskFault` for what can never fit, and where too many wait. */
  enter(needs: ResourceNeeds): Ticket {
    const why = this.#beyond([needs])
    if (why !== undefined) throw TaskFault.of('runtime', `${why} It can never run here.`)
    const fits = this.#waiting.size === 0 && this.whyNotNow(needs) === undefined
    return fits ? this.enterAtOnce(needs) : this.#enqueue(needs)
  }

  /** Also where it does not fit: what has begun before is never made to wait again. */
  enterAtOnce(needs: ResourceNeeds): Ticket {
    this.#held.add(needs)
    let left = false
    return {
      waits: false,
      turn: async (signal) => signal.throwIfAborted(),
      leave: () => {
        if (!left) this.#release(needs)
        left = true
      },
    }
  }

  /** In a sentence; undefined where it fits beside what is in progress. */
  whyNotNow(needs: ResourceNeeds): string | undefined {
    return this.#beyond([...this.#held, needs])
  }

  #enqueue(needs: ResourceNeeds): Ticket {
    if (this.#waiting.size >= waitingMax)
      throw TaskFault.of(
        'runtime',
        `${waitingMax} runs wait for memory and processors already. Try again later.`,
      )
    const waiting: Waiting = {
      needs,
      ticket: new QueuedTicket({
        quit: () => {
          if (this.#waiting.delete(waiting)) this.#admit()
        },
        leave: () => this.#release(needs),
      }),
    }
    this.#waiting.add(waiting)
    return waiting.ticket
  }

  #release(needs: ResourceNeeds): void {
    this.#held.delete(needs)
    this.#admit()
  }

  /** The first comes first, so that a large one is not passed for ever by small ones. */
  #admit(): void {
    for (const { needs, ticket } of this.#waiting) {
      if (this.whyNotNow(needs) !== undefined) return
      this.#held.add(needs)
      ticket.admit()
    }
  }

  #beyond(needs: readonly ResourceNeeds[]): string | undefined {
    const { memoryMb, cpuCores } = this.#resources
    const asked = memoryOf(needs)
    const cores = needs.reduce((sum, each) => sum + each.cpuCores, 0)
    const beside = needs.length > 1 ? 'With what is in progress, its' : 'Its'
    if (asked > memoryMb)
      return `${beside} modules ask for ${asked} MB of memory, and there are ${Math.floor(memoryMb)} MB.`
    if (cores > cpuCores) return `${beside} tasks ask for ${cores} processors, and there are ${cpuCores}.`
    return undefined
  }
}

function memoryOf(needs: readonly ResourceNeeds[]): number {
  const modules = new Map<string, number>()
  for (const { memoryMb } of needs)
    for (const [module, mb] of Object.entries(memoryMb))
      modules.set(module, Math.max(modules.get(module) ?? 0, mb))
  return modules.values().reduce((sum, mb) => sum + mb, 0)
}

/** Of `needs: {memory_mb: {module: MB}, cpu_cores}`; undefined where nothing is said. Throws a `TaskFault` for nonsense. */
export function readNeeds(value: Json | undefined): ResourceNeeds | undefined {
  if (value === undefined || value === null) return undefined
  const { memory_mb: memory = {}, cpu_cores: cores = 0 } = isJsonObject(value) ? value : {}
  if (!isJsonObject(value) || !isJsonObject(memory) || !isAmount(cores) || !areAmounts(memory))
    throw TaskFault.of(
      'configuration',
      '`needs` of `workflow.run` is {memory_mb: {MODULE: megabytes}, cpu_cores: number}.',
    )
  return { memoryMb: memory, cpuCores: cores }
}

function areAmounts(memory: JsonObject): memory is Readonly<Record<string, number>> {
  return Object.values(memory).every(isAmount)
}

function isAmount(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}
