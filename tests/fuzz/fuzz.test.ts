/**
 * Every mutated document is refused with its places or runs to an end; none hangs, and none crashes the process.
 *
 * The same documents each time; NEXUS_FUZZ_SEED takes others, and NEXUS_FUZZ_COUNT more of them. The long run:
 *
 *     NEXUS_FUZZ_COUNT=10000 npx vitest run tests/fuzz
 *
 * One of them alone, shrunk if it is wrong: NEXUS_FUZZ_SEED=… NEXUS_FUZZ_PATH=… with what the failure said.
 */
import { formatProblems } from '@nexus/nexus'
import * as fc from 'fast-check'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { judge, Wrong, type Verdict } from './judge.ts'
import { mutatedDocument, type MutatedDocument } from './mutations.ts'
import { seeds } from './seeds.ts'
import { setup, type World } from './world.ts'

const seed = Number(process.env['NEXUS_FUZZ_SEED'] ?? 1)
const count = Number(process.env['NEXUS_FUZZ_COUNT'] ?? 500)
const onlyPath = process.env['NEXUS_FUZZ_PATH']

/** Documents that are looked at the same time. */
const concurrency = 8
/** Failures that are looked into; a product that is wholly broken has too many. */
const failuresMax = 5
const shrinkMsMax = 60_000
const grownMbMax = 400
const timeoutMs = 60_000 + count * 150 + failuresMax * shrinkMsMax

let world: World
beforeAll(async () => {
  world = await setup()
})
afterAll(() => world.close())

test.each(seeds)('the document $name is valid, and ends by itself', async ({ text }) => {
  const checked = world.nexus.check(text)
  expect(checked.document, formatProblems(checked.problems, checked)).toBeDefined()
  const { fate, isBusy } = await judge(world, text)
  expect({ fate, isBusy }).toEqual({ fate: expect.stringMatching(/completed|faulted/), isBusy: false })
})

/** Judges one document in nobody's company. */
const alone = fc.asyncProperty(mutatedDocument, async ({ text }) => {
  await judge(world, text)
})

test(`${count} mutated documents are refused or end (seed ${seed})`, { timeout: timeoutMs }, async () => {
  if (onlyPath !== undefined) return fc.assert(alone, { seed, path: onlyPath, numRuns: 1 })
  const heapBefore = heapMb()
  const figures = new Figures()
  const documents = fc.sample(alone, { seed, numRuns: count }).map(([document]) => document)
  const suspects = await judgeAll(documents, figures)
  await world.settle()
  const wrong = await confirm(suspects, figures)
  figures.heapMb = [heapBefore, heapMb()]
  console.log(`fuzz: seed ${seed}, ${documents.length} documents: ${figures.toString()}`)
  const failures: string[] = []
  for (const { index } of wrong.slice(0, failuresMax)) failures.push(await smallest(index))
  expect(failures.join('\n\n')).toBe('')
  expect(world.escaped).toEqual([])
  expect(heapMb() - heapBefore).toBeLessThan(grownMbMax)
})

/** A document that is wrong, or was too slow in the company of the others. */
interface Suspect {
  readonly index: number
  readonly document: MutatedDocument
  readonly isSlow: boolean
}

async function judgeAll(
  documents: readonly MutatedDocument[],
  figures: Figures,
): Promise<readonly Suspect[]> {
  const suspects: Suspect[] = []
  const left = documents.entries()
  const work = async (): Promise<void> => {
    for (const [index, document] of left) {
      try {
        figures.add(await judge(world, document.text), `${index} (${document.seed})`)
      } catch (error) {
        if (!(error instanceof Wrong)) throw error
        console.log(`fuzz: document ${index} (${document.seed}): ${explain(error)}`)
        suspects.push({ index, document, isSlow: error.isSlow })
      }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  return suspects.toSorted((a, b) => a.index - b.index)
}

/** Those that are too slow alone as well, and all that are wrong otherwise. */
async function confirm(suspects: readonly Suspect[], figures: Figures): Promise<readonly Suspect[]> {
  const wrong: Suspect[] = []
  for (const suspect of suspects) {
    const verdict = suspect.isSlow ? await judgeAlone(suspect.document) : undefined
    if (verdict) figures.add(verdict, `${suspect.index} (${suspect.document.seed}, alone)`)
    else wrong.push(suspect)
  }
  return wrong
}

/** Undefined for one that is wrong again. */
async function judgeAlone({ text }: MutatedDocument): Promise<Verdict | undefined> {
  try {
    return await judge(world, text)
  } catch (error) {
    if (!(error instanceof Wrong)) throw error
    return undefined
  }
}

/** What is wrong with a document, with the smallest one that is found in a while. */
async function smallest(index: number): Promise<string> {
  const path = String(index)
  const found = await fc.check(alone, { seed, path, numRuns: 1, interruptAfterTimeLimit: shrinkMsMax })
  const again = `Again: NEXUS_FUZZ_SEED=${seed} NEXUS_FUZZ_PATH=${found.counterexamplePath ?? path}`
  const [document] = found.counterexample ?? []
  if (!document) return `It is wrong in the company of others alone. ${again}`
  const reason = found.errorInstance instanceof Error ? explain(found.errorInstance) : ''
  return [reason, again, document.changes.join('\n'), document.text].join('\n')
}

function explain({ message, cause }: Error): string {
  return cause instanceof Error ? `${message}\n${cause.stack ?? cause.message}` : message
}

class Figures {
  readonly #fates = { refused: 0, completed: 0, faulted: 0, cancelled: 0 }
  #busy = 0
  #longest = { ms: 0, who: '' }
  #blocked = { ms: 0, who: '' }
  heapMb: readonly number[] = []

  add({ fate, isBusy, tookMs, blockedMs }: Verdict, who: string): void {
    this.#fates[fate]++
    if (isBusy) this.#busy++
    if (tookMs > this.#longest.ms) this.#longest = { ms: Math.round(tookMs), who }
    if (blockedMs > this.#blocked.ms) this.#blocked = { ms: Math.round(blockedMs), who }
  }

  toString(): string {
    const fates = Object.entries(this.#fates).map(([fate, number]) => `${number} ${fate}`)
    const longest = `the longest took ${this.#longest.ms} ms, ${this.#longest.who}`
    const blocked = `the loop stood still for ${this.#blocked.ms} ms at most, ${this.#blocked.who}`
    const heap = `heap ${this.heapMb.join(' → ')} MB`
    return [...fates, `${this.#busy} of them busy`, longest, blocked, heap].join('; ')
  }
}

/** What is held, after everything was collected that can be. */
function heapMb(): number {
  setFlagsFromString('--expose-gc')
  const collect: () => void = runInNewContext('gc')
  collect()
  return Math.round(process.memoryUsage().heapUsed / 1_048_576)
}
