/**
 * What one evaluation knows: the caller's variables and hooks, and its budgets.
 *
 * Nothing else of the host is reachable from a program.
 */
import { weigh, type Weight } from '../values/weigh.ts'
import { JqLimitError } from '../errors.ts'
import { DEFAULT_LIMITS, type Limits } from '../limits.ts'
import type { Json, ObjectValue, Value } from '../values/value.ts'
import type { ModuleResolver } from '../modules.ts'

/** What a caller may hand to an evaluation. Everything is optional and nothing is taken from the host instead. */
export interface RunOptions {
  /** Seconds since the epoch; without it `now` raises. */
  readonly now?: () => number
  /** What `env` and `$ENV` show; empty by default. */
  readonly env?: Readonly<Record<string, string>>
  /** What `input` and `inputs` take from, one at a time. */
  readonly inputs?: Iterator<Json>
  /** The line that `input_line_number` reports. */
  readonly inputLine?: () => number
  /** The name that `input_filename` reports. */
  readonly inputName?: () => string | null
  /** The IANA time zone of `localtime`, `mktime`'s counterpart and `strflocaltime`; UTC by default. */
  readonly timeZone?: string
  /** Gets what `debug` is given. */
  readonly onDebug?: (value: Json) => void
  /** Gets what `stderr` is given. */
  readonly onStderr?: (value: Json) => void
  readonly limits?: Partial<Limits>
}

const NO_OPTIONS: RunOptions = {}

export class Run {
  readonly options: RunOptions
  readonly globals: readonly Value[]
  readonly modules: ModuleResolver | undefined
  readonly #stepsMax: number
  readonly #sizeBytesMax: number
  readonly depthMax: number
  #steps = 0
  #sizeBytes = 0

  constructor(
    globals: readonly Value[],
    options: RunOptions = NO_OPTIONS,
    limits: Partial<Limits> = DEFAULT_LIMITS,
    modules?: ModuleResolver,
  ) {
    const own = options.limits
    this.options = options
    this.globals = globals
    this.modules = modules
    this.#stepsMax = own?.steps ?? limits.steps ?? DEFAULT_LIMITS.steps
    this.#sizeBytesMax = own?.sizeBytes ?? limits.sizeBytes ?? DEFAULT_LIMITS.sizeBytes
    this.depthMax = own?.depth ?? limits.depth ?? DEFAULT_LIMITS.depth
  }

  /** Counts work; every loop over something that a program can make large calls it. */
  spend(steps: number): void {
    this.#steps += steps
    if (this.#steps > this.#stepsMax) {
      throw new JqLimitError(
        'steps',
        `The expression took more than ${this.#stepsMax} steps. Raise limits.steps if it should.`,
      )
    }
  }

  /** Counts memory before it is taken. */
  build(bytes: number): void {
    this.#sizeBytes += bytes
    if (this.#sizeBytes > this.#sizeBytesMax) {
      throw new JqLimitError(
        'sizeBytes',
        `The expression built more than ${this.#sizeBytesMax} bytes. Raise limits.sizeBytes if it should.`,
      )
    }
  }

  /** Counts a copy of `length` elements: one step for every 16, and their bytes. */
  copying(length: number): void {
    this.spend(1 + (length >> 4))
    this.build(length * 8)
  }

  /** Counts a copy of an object, which costs more by far than one of an array. */
  copyingKeys(copy: ObjectValue): void {
    const count = Object.keys(copy).length
    this.spend(1 + (count >> 2))
    this.build(32 + count * 32)
  }

  /** Counts what a value would take when it is written out, before anything does so. */
  weigh(value: Value): Weight {
    if (typeof value !== 'object' || value === null) return { bytes: 0, hasDecimals: false }
    const weight = weigh(value, this.#sizeBytesMax - this.#sizeBytes)
    this.spend(weight.bytes >> 7)
    this.build(weight.bytes)
    return weight
  }

  /** Whether the evaluation has built anything: if not, all that it has belongs to the caller. */
  get hasBuilt(): boolean {
    return this.#sizeBytes > 0
  }

  tooDeep(): never {
    throw new JqLimitError(
      'depth',
      `Calls are nested more than ${this.depthMax} deep. Raise limits.depth if they should be.`,
    )
  }
}
