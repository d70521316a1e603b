/**
 * Small valid documents that together use every construct of the language that runs here, for the fuzz to mutate. All
 * of them end by themselves, and each within a moment: what waits has a timeout. They name no address of the world
 * outside: whatever a mutation makes of them calls only the server whose address is in the input of the run.
 */
import { flowSeeds } from './seeds/flow.ts'
import { waitingSeeds } from './seeds/waiting.ts'
import { workSeeds } from './seeds/work.ts'

export interface Seed {
  readonly name: string
  readonly text: string
  /** One that starts processes or keeps the machine busy is taken more seldom. */
  readonly isSlow: boolean
}

/** What the runs of all documents get; `base` is the address of the server of the fuzz. */
export function inputFor(base: string) {
  return {
    base,
    n: 3,
    name: 'Ada',
    items: [3, 1, 2],
    people: [
      { name: 'Ada', age: 36, tags: ['early'] },
      { name: 'Grace', age: 45, tags: [] },
    ],
  }
}

/** The secrets that documents may ask for. */
export const secrets = { shop: { username: 'ada', password: 'engine-of-1843' }, key: 'opensesame' }

export const seeds: readonly Seed[] = Object.entries({ ...flowSeeds, ...waitingSeeds, ...workSeeds }).map(
  ([name, text]) => ({
    name,
    text: `document: { dsl: '1.0.3', namespace: fuzz, name: ${name}, version: '1.0.0' }\n${text}`,
    isSlow: /shell:|script:/.test(text),
  }),
)

export const quickSeeds = seeds.filter(({ isSlow }) => !isSlow)
export const slowSeeds = seeds.filter(({ isSlow }) => isSlow)

/** Workflows that the documents run, by the names of their files. */
export const subdocuments: Readonly<Record<string, string>> = {
  'double.yaml': `document: { dsl: '1.0.3', namespace: fuzz, name: double, version: '1.0.0' }
input: { schema: { document: { type: object, required: [n] } } }
do:
  - twice: { set: '\${ {n: (2 * .n)} }' }
`,
  'fails.yaml': `document: { dsl: '1.0.3', namespace: fuzz, name: fails, version: '2.1.0' }
do:
  - bad: { raise: { error: { type: 'errors:odd', status: 418, title: Odd, detail: too hot } } }
`,
  'outer.yaml': `document: { dsl: '1.0.3', namespace: fuzz, name: outer, version: '1.0.0' }
do:
  - pause: { wait: { milliseconds: 5 } }
  - inner: { run: { workflow: { namespace: fuzz, name: double, version: latest, input: { n: 21 } } } }
`,
}
