/**
 * The results of a module that says `cache_results`: for the same task, artifact, configuration and input the result that
 * it gave, for a while, also over a restart. Faults are not kept, and nothing of a run with secrets.
 */
import { ModuleResult, type Clock, type Json } from '@nexus/sdk'
import type { RecordedTasks } from './recorded_tasks.ts'

/** How long a result is given again. */
export const cachedMsMax = 600_000
/** Results of a module that are at hand; then the oldest goes, and is looked up. */
const resultsMax = 1_000
/** An input whose text is longer (in UTF-16 units) is not looked up. */
const inputSizeMax = 64 * 1024

export class ResultCache {
  readonly #clock: Clock
  /** Of the module, its artifact and its configuration. */
  readonly #owner: string
  readonly #recorded: RecordedTasks
  readonly #results = new Map<string, { readonly result: ModuleResult; readonly until: number }>()

  constructor(clock: Clock, owner: string, recorded: RecordedTasks) {
    this.#clock = clock
    this.#owner = owner
    this.#recorded = recorded
  }

  /** The result that is kept, else what `work` gives, which is kept where it is a success and may be. */
  async through(
    task: string,
    input: Json,
    work: () => Promise<ModuleResult>,
    mayKeep: (result: ModuleResult) => boolean,
  ): Promise<ModuleResult> {
    const key = `${task} ${JSON.stringify(input)}`
    if (key.length > inputSizeMax) return work()
    const known = this.#results.get(key)
    if (known !== undefined && known.until > this.#clock.elapsed()) return known.result
    const output = this.#recorded.result(`${this.#owner} ${key}`)
    if (output !== undefined) return ModuleResult.ok(output)
    const result = await work()
    if (result.success && mayKeep(result)) this.#keep(key, result)
    return result
  }

  #keep(key: string, result: ModuleResult): void {
    this.#results.delete(key)
    const [oldest] = this.#results.keys()
    if (oldest !== undefined && this.#results.size >= resultsMax) this.#results.delete(oldest)
    this.#results.set(key, { result, until: this.#clock.elapsed() + cachedMsMax })
    // What says more than an output (`then`, metadata) is not kept over a restart.
    const plain = Object.keys(result.metadata).length === 0 && result.nextModule === undefined
    if (plain) this.#recorded.keepResult(`${this.#owner} ${key}`, result.outputData, cachedMsMax)
  }
}
