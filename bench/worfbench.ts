/**
 * How well `graph.analyze` guesses the dependencies of plans in words, on the gold plans of WorFBench, beside two guesses
 * that look at nothing: each step needs the one before it (chain), and no step needs any (none).
 *
 *     npm run worfbench -- FOLDER     FOLDER is a checkout of zjunlp/WorfBench; none of it is kept here
 *
 * What was looked at while the rules were written is half of the plans, by their numbers; what is reported is the other half, `--tuning` reports
 * the first. Edges from START and to END follow from the others and are not counted.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Module } from '../modules/analyzers/dependency_analyzer/main.ts'
import { isJsonObject, type Json } from '@nexus/sdk'
import { testContext } from '@nexus/sdk/testing'

interface Plan {
  readonly texts: readonly string[]
  /** `from>to`, by the places of the steps. */
  readonly edges: ReadonlySet<string>
}

class Score {
  private right = 0
  private guessed = 0
  private gold = 0
  private exact = 0
  private plans = 0

  add(guess: ReadonlySet<string>, gold: ReadonlySet<string>): void {
    this.right += guess.intersection(gold).size
    this.guessed += guess.size
    this.gold += gold.size
    this.plans++
    if (guess.size === gold.size && guess.isSubsetOf(gold)) this.exact++
  }

  /** Micro-averaged: over all edges. */
  toString(): string {
    const precision = this.right / this.guessed
    const recall = this.right / this.gold
    const f1 = (2 * this.right) / (this.guessed + this.gold)
    return `${percent(precision)} ${percent(recall)} ${percent(f1)} ${percent(this.exact / this.plans)}`
  }
}

function percent(share: number): string {
  return (Number.isNaN(share) ? '-' : (share * 100).toFixed(1)).padStart(6)
}

const guessers: Readonly<Record<string, (plan: Plan) => Promise<ReadonlySet<string>>>> = {
  analyzer,
  chain: async ({ texts }) => new Set(texts.slice(1).map((_, at) => `${at}>${at + 1}`)),
  none: async () => new Set(),
}

async function analyzer({ texts }: Plan): Promise<ReadonlySet<string>> {
  const tasks = texts.map((text, at) => ({ name: String(at), text }))
  const { outputData } = await new Module().execute(testContext({ inputData: { tasks } }))
  const edges = outputData !== undefined && isJsonObject(outputData) ? outputData['edges'] : []
  return new Set((edges as { from: string; to: string }[]).map(({ from, to }) => `${from}>${to}`))
}

/** The plans of a file, those that cannot be read as undefined. */
function plansIn(file: string): readonly (Plan | undefined)[] {
  const entries = JSON.parse(readFileSync(file, 'utf8')) as Json[]
  return entries.map((entry) => {
    const { conversations = [] } = isJsonObject(entry) ? entry : {}
    const last: Json | undefined = Array.isArray(conversations) ? (conversations as Json[]).at(-1) : undefined
    const content = last !== undefined && isJsonObject(last) ? last['content'] : undefined
    return typeof content === 'string' ? readPlan(content) : undefined
  })
}

function readPlan(content: string): Plan | undefined {
  const [nodes, edges, ...more] = content.split(/^\s*Edges?\s*:/m)
  if (nodes === undefined || edges === undefined || more.length > 0) return undefined
  const steps = [...nodes.matchAll(/^\s*(\d+)\s*[:.]\s*(.+)$/gm)]
  const places = new Map(steps.map(([, number = ''], at) => [number, at]))
  if (steps.length === 0 || places.size < steps.length) return undefined
  const found = new Set<string>()
  for (const [, from = '', to = ''] of edges.matchAll(/\(\s*(\w+)\s*,\s*(\w+)\s*\)/g)) {
    const [a, b] = [places.get(from), places.get(to)]
    if (a !== undefined && b !== undefined) found.add(`${a}>${b}`)
  }
  return { texts: steps.map(([, , text = '']) => text), edges: found }
}

const [folder, ...options] = process.argv.slice(2)
if (folder === undefined) throw new Error('Usage: npm run worfbench -- FOLDER [--tuning]')
const half = options.includes('--tuning') ? 0 : 1
const gold = join(folder, 'gold_traj')
const totals = new Map(Object.keys(guessers).map((name) => [name, new Score()]))
const head = `${'source'.padEnd(14)}plans unread  ${'guess'.padEnd(9)}   prec    rec     F1  exact`
process.stdout.write(
  `${half === 0 ? 'The half that the rules were written with' : 'The half that was held out'}, in %\n${head}\n`,
)
for (const source of readdirSync(gold).toSorted()) {
  const all = plansIn(join(gold, source, 'graph_eval.json')).filter((_, at) => at % 2 === half)
  const plans = all.filter((plan) => plan !== undefined)
  for (const [name, guess] of Object.entries(guessers)) {
    const score = new Score()
    for (const plan of plans) {
      const guessed = await guess(plan)
      score.add(guessed, plan.edges)
      totals.get(name)?.add(guessed, plan.edges)
    }
    const counts = `${String(plans.length).padStart(5)}${String(all.length - plans.length).padStart(7)}`
    process.stdout.write(`${source.padEnd(14)}${counts}  ${name.padEnd(9)} ${String(score)}\n`)
  }
}
for (const [name, score] of totals)
  process.stdout.write(`${'all'.padEnd(28)}${name.padEnd(9)} ${String(score)}\n`)
