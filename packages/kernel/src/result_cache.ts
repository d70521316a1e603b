/**
 * The results of a module that says `cache_results`: for the same task, artifact, configuration and input the result that
 * it gave, for a while. One cache a slot, which is one artifact with one configuration. Faults are not kept.
 */
import type { Clock, Json, ModuleResult } from '@nexus/sdk'

/** How long a result is given again. */
export const cachedMsMax = 600_000
/** Results that are kept; then the oldest goes. */
const resultsMax = 1_000
/** An input whose text is longer (in UTF-16 units) is not looked up. */
const inputSizeMax = 64 * 1024

export class ResultCache {
  readonly #clock: Clock
  readonly #results = new Map<string, { readonly result: ModuleResult; readonly until: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** The result that is kept, else what `work` gives, which is kept where it is a success. */
  async through(task: string, input: Json, work: () => Promise<ModuleResult>): Promise<ModuleResult> {
    const key = `${task} ${JSON.stringify(input)}`
    if (key.length > inputSizeMax) return work()
    const known = this.#results.get(key)
    if (known !== undefined && known.until > this.#clock.elapsed()) return known.result
    const result = await work()
    if (result.success) this.#keep(key, result)
    return result
  }

  #keep(key: string, result: ModuleResult): void {
    this.#results.delete(key)
    const [oldest] = this.#results.keys()
    if (oldest !== undefined && this.#results.size >= resultsMax) this.#results.delete(oldest)
    this.#results.set(key, { result, until: this.#clock.elapsed() + cachedMsMax })
  }
}
