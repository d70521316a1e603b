/**
 * Where a version of a module keeps its state. Versions that follow one another share a line; one that runs in flight do
 * not follow, or that brings the state to another shape, begins a line of its own with a copy, so that whoever stays on
 * the version before, or goes back to it, finds what that one wrote.
 */
export class StateLine {
  readonly module: string
  /** The generation that it began with; 0 for the first. */
  #number: number

  constructor(module: string, number = 0) {
    this.module = module
    this.#number = number
  }

  get number(): number {
    return this.#number
  }

  get key(): string {
    return lineKey(this.module, this.#number)
  }

  /** From now on everything is read and written there. */
  move(number: number): void {
    this.#number = number
  }
}

export function lineKey(module: string, number = 0): string {
  return number === 0 ? module : `${module}@${number}`
}
