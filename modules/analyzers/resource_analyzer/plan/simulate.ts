/**
 * How long a plan takes, played through: each task takes a time drawn from what is known of it, and what stands side by side
 * is scheduled onto the slots there are. Slots count within each step that is parallel. Deterministic for a seed.
 */
import type { CaughtStep, ParallelStep, PathStep, Step, TaskStep } from './step.ts'
import { schedule } from './schedule.ts'

export interface SimulateOptions {
  readonly slots: number
  /** A time for one execution of a task, for a number from 0 to 1. */
  readonly draw: (task: TaskStep, chance: number) => number
  /** How likely it is that one execution of a task faults, from 0 to 1. */
  readonly faults: (task: TaskStep) => number
  readonly seed: number
  /** Between plays, so that nothing else waits for long. */
  readonly pause: () => Promise<void>
}

const playsMax = 1_000
const playsMin = 40
/** Draws in all plays together. */
const drawsMax = 2_000_000
const drawsBetweenPauses = 50_000

/** Iterations beyond these are played as so many times these. */
const iterationsMax = 100

/** The times of many plays, in order. */
export async function simulate(root: Step, options: SimulateOptions): Promise<Float64Array> {
  const draws = Math.max(drawsIn(root), 1)
  const plays = Math.round(Math.min(playsMax, Math.max(playsMin, drawsMax / draws)))
  const player = new Player(options)
  const times = new Float64Array(plays)
  let sincePause = 0
  for (let index = 0; index < plays; index++) {
    times[index] = player.play(root)
    sincePause += draws
    if (sincePause < drawsBetweenPauses) continue
    sincePause = 0
    await options.pause()
  }
  return times.sort()
}

export function quantileOfSorted(times: Float64Array, probability: number): number {
  const at = Math.min(Math.max(Math.ceil(probability * times.length) - 1, 0), times.length - 1)
  return times[at] ?? 0
}

function drawsIn(step: Step): number {
  switch (step.kind) {
    case 'task':
      return 1
    case 'sequence':
    case 'path':
    case 'parallel':
      return step.of.reduce((sum, each) => sum + drawsIn(each), 0)
    case 'caught':
      return drawsIn(step.of) + drawsIn(step.handling) + 1
    case 'repeat':
      return Math.min(step.times, iterationsMax) * drawsIn(step.of)
  }
}

class Player {
  readonly #options: SimulateOptions
  readonly #chance: () => number
  readonly #faultChances = new Map<Step, number>()

  constructor(options: SimulateOptions) {
    this.#options = options
    this.#chance = chances(options.seed)
  }

  play(step: Step): number {
    switch (step.kind) {
      case 'task':
        return this.#options.draw(step, this.#chance())
      case 'sequence': {
        let sum = 0
        for (const each of step.of) sum += this.play(each)
        return sum
      }
      case 'path':
        return this.#path(step)
      case 'caught':
        return this.#caught(step)
      case 'parallel':
        return this.#parallel(step)
      case 'repeat':
        return this.#repeat(step)
    }
  }

  /** Nothing is known of which way is taken: the longest counts. From the end, so that each is played once. */
  #path({ of, next }: PathStep): number {
    const longest: number[] = []
    for (const [index, step] of [...of.entries()].toReversed()) {
      const ways = (next[index] ?? []).map((way) => longest[way] ?? 0)
      longest[index] = this.play(step) + Math.max(0, ...ways)
    }
    return longest[0] ?? 0
  }

  /** An attempt that faults counts whole: it may have faulted at its last task. */
  #caught({ of, handling, retries, delayMs }: CaughtStep): number {
    const chance = this.#faultChanceOf(of)
    let sum = 0
    for (let attempt = 0; attempt <= retries; attempt++) {
      sum += this.play(of) + (attempt > 0 ? delayMs : 0)
      if (this.#chance() >= chance) return sum
    }
    return sum + this.play(handling)
  }

  /** Of a step it is always the same. */
  #faultChanceOf(step: Step): number {
    const chance = this.#faultChances.get(step) ?? faultChance(step, this.#options.faults)
    this.#faultChances.set(step, chance)
    return chance
  }

  #parallel({ of, after, concurrency, compete }: ParallelStep): number {
    const times = of.map((each) => this.play(each))
    if (compete) return times.length === 0 ? 0 : times.reduce((least, each) => Math.min(least, each))
    return schedule(times, after, Math.min(concurrency, this.#options.slots))
  }

  #repeat({ of, times, concurrency }: Extract<Step, { kind: 'repeat' }>): number {
    const played = Math.min(times, iterationsMax)
    if (played === 0) return 0
    const each = Array.from({ length: played }, () => this.play(of))
    const lanes = Math.min(concurrency, concurrency === 1 ? 1 : this.#options.slots)
    // Side by side on unbounded slots more of the same take as long as the longest of them.
    const more = lanes >= times ? 1 : times / played
    return schedule(each, [], lanes >= times ? Infinity : lanes) * more
  }
}

/** That one of the tasks in it faults, where none of them knows of the others. */
export function faultChance(step: Step, faults: SimulateOptions['faults']): number {
  const ofAny = (steps: readonly Step[]): number =>
    1 - steps.reduce((fine, each) => fine * (1 - faultChance(each, faults)), 1)
  switch (step.kind) {
    case 'task':
      return faults(step)
    case 'sequence':
    case 'path':
    case 'parallel':
      return ofAny(step.of)
    case 'caught':
      return faultChance(step.of, faults) ** (step.retries + 1) * faultChance(step.handling, faults)
    case 'repeat':
      return 1 - (1 - faultChance(step.of, faults)) ** step.times
  }
}

/** mulberry32 (T. Ettinger, public domain): enough for plays, and the same everywhere. */
export function chances(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
