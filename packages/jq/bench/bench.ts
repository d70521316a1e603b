/**
 * Microseconds per evaluation: `npm run bench -w packages/jq [-- --peers <folder with node_modules>]`.
 *
 * Every engine runs every expression on the small document, and again with a 60 KB `$context` that the expression
 * mentions. A figure is the median of 21 samples. An engine that fails or answers differently has null there. Prints
 * JSON; the last column of the ratios says how many times slower an engine's median is than ours.
 */
import { isDeepStrictEqual } from 'node:util'
import { compile, type Json } from '../src/index.ts'
import { document, expressions, largeContext } from './expressions.ts'
import { type Engine, loadPeers } from './peers.ts'

const SAMPLES = 21
const SAMPLE_MS = 4

const peersAt = process.argv.indexOf('--peers')
const context = largeContext()
const contextual = (expression: string) => `if $context.run == "r-1" then (${expression}) else null end`

const ours: Engine = {
  name: 'ours',
  runsMax: Infinity,
  compile(source) {
    const program = compile(source, { variables: ['context'] })
    const variables = { context }
    return (input) => program.first(input, variables)
  },
}

type Figure = number | null

function median(values: number[]): number {
  return values.toSorted((left, right) => left - right)[values.length >> 1] ?? Number.NaN
}

/** The median time of one evaluation in microseconds; null when the engine fails or answers something else. */
function measure(engine: Engine, source: string, input: Json, expected: unknown): Figure {
  try {
    const run = engine.compile(source)
    if (!isDeepStrictEqual(normal(run(input)), normal(expected))) return null
    return engine.runsMax === Infinity ? sampled(run, input) : few(run, input, engine.runsMax)
  } catch {
    return null
  }
}

const normal = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value))

function few(run: (input: Json) => unknown, input: Json, runs: number): number {
  const samples: number[] = []
  for (let index = 0; index < runs; index++) {
    const start = performance.now()
    run(input)
    samples.push((performance.now() - start) * 1000)
  }
  return round(median(samples))
}

function sampled(run: (input: Json) => unknown, input: Json): number {
  let batch = 1
  for (;;) {
    const start = performance.now()
    for (let index = 0; index < batch; index++) run(input)
    if (performance.now() - start >= SAMPLE_MS) break
    batch *= 2
  }
  const samples: number[] = []
  for (let sample = 0; sample < SAMPLES; sample++) {
    const start = performance.now()
    for (let index = 0; index < batch; index++) run(input)
    samples.push(((performance.now() - start) * 1000) / batch)
  }
  return round(median(samples))
}

const round = (value: number) => Math.round(value * 1000) / 1000

function rows(engines: Engine[], large: boolean) {
  return expressions.map((expression) => {
    const expected = compile(expression).first(document)
    const figures = engines.map((engine): [string, Figure] => {
      if (!large) return [engine.name, measure(engine, expression, document, expected)]
      if (engine === ours) return [engine.name, measure(engine, contextual(expression), document, expected)]
      const source = `.context as $context | .document | ${contextual(expression)}`
      return [engine.name, measure(engine, source, { context, document }, expected)]
    })
    return { expression, ...Object.fromEntries(figures) }
  })
}

function summary(engines: Engine[], table: Record<string, Figure | string>[]) {
  return Object.fromEntries(
    engines.map(({ name }) => {
      const figures = table.flatMap((row) => (typeof row[name] === 'number' ? [row[name]] : []))
      const shared = table.filter((row) => typeof row[name] === 'number' && typeof row['ours'] === 'number')
      const ratio = median(shared.map((row) => Number(row[name]) / Number(row['ours'])))
      return [
        name,
        {
          answered: `${figures.length} of ${table.length}`,
          medianMicroseconds: figures.length === 0 ? null : round(median(figures)),
          worstMicroseconds: figures.length === 0 ? null : Math.max(...figures),
          timesOurs: figures.length === 0 ? null : round(ratio),
        },
      ]
    }),
  )
}

const { engines: peers, missing } = await loadPeers(peersAt < 0 ? undefined : process.argv[peersAt + 1])
const engines = [ours, ...peers]
const small = rows(engines, false)
const large = rows(engines, true)
console.log(
  JSON.stringify(
    {
      unit: 'microseconds per evaluation, median of 21 samples',
      node: process.version,
      notInstalled: missing,
      small: summary(engines, small),
      withContextOf60KB: summary(engines, large),
      expressions: { small, withContextOf60KB: large },
    },
    null,
    2,
  ),
)
process.exit(0)
