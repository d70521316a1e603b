/**
 * How well `graph.analyze` guesses the dependencies of plans in words, on the gold plans of WorFBench, beside two guesses
 * that look at nothing: each step needs the one before it (chain), and no step needs any (none).
 *
 *     npm run worfbench -- FOLDER     FOLDER is a checkout of zjunlp/WorfBench; none of it is kept here
 *
 * Two measures. `F1`, with its precision and recall, is over all edges between steps; `exact` is the share of plans that have no other
 * edges. `graph` is WorFEval's `t_eval_graph` for steps that are given: the largest piece of the graph, START and END in it, that hangs together
 * by the edges that are right, as a share of its nodes, over all plans. It is what the paper reports, and the only one to which a plan
 * of steps that need nothing counts: without START and END it has no edges to be right about. For the chain it gives what their code gives,
 * but where their code takes numbered lines of the explanation below a plan for steps (wikihow).
 *
 * What was looked at while the rules were written is half of the plans, by their numbers; what is reported is the other half, `--tuning` reports
 * the first. F1 and graph of the other half, at commit 38a6455 of WorfBench:
 *
 *                  plans  analyzer       chain          none
 *     alfworld       156  100.0   99.8   100.0   99.8    0.0   27.6
 *     intercodesql   250   96.5   97.8    93.8   95.4    0.0   42.1
 *     lumos          244   92.0   96.1    91.8   95.6    0.0   45.1
 *     os              10  100.0  100.0   100.0  100.0    0.0   33.9
 *     seal_tools     111   45.7   83.1    38.5   50.3    0.0   82.1
 *     toolalpaca      46   88.5   93.1    86.4   93.0    0.0   51.2
 *     toolbench       57   48.8   74.4    45.5   62.7    0.0   82.6
 *     webshop         66  100.0  100.0   100.0  100.0    0.0   35.7
 *     wikihow        131   73.0   74.5    73.1   74.5    0.0   44.8
 *     all           1071   88.5   92.0    86.0   87.3    0.0   47.2
 *
 * The gold of seal_tools is of unrelated requests throughout: of the half that the rules were written with, two thirds of its plans have no
 * edges at all, and a sixth are a row from the first to the last, with nothing in their words to tell which.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Module } from '../modules/analyzers/dependency_analyzer/main.ts'
import { isJsonObject, type Json } from '@nexus/sdk'
import { testContext } from '@nexus/sdk/testing'

interface Plan {
  readonly texts: readonly string[]
  /** `from>to`, by the places of the steps, START and END. */
  readonly edges: Edges
}

type Edges = ReadonlySet<string>

class Score {
  private right = 0
  private guessed = 0
  private gold = 0
  private exact = 0
  private graph = 0
  private plans = 0

  add(guess: Edges, { texts, edges }: Plan): void {
    const [inner, gold] = [between(guess), between(edges)]
    this.right += inner.intersection(gold).size
    this.guessed += inner.size
    this.gold += gold.size
    this.plans++
    if (inner.size === gold.size && inner.isSubsetOf(gold)) this.exact++
    this.graph += largestPiece(guess.intersection(edges)) / (texts.length + 2)
  }

  toString(): string {
    const precision = this.right / this.guessed
    const recall = this.right / this.gold
    const f1 = (2 * this.right) / (this.guessed + this.gold)
    return [precision, recall, f1, this.exact / this.plans, this.graph / this.plans].map(percent).join(' ')
  }
}

function between(edges: Edges): Edges {
  return new Set([...edges].filter((edge) => !/[SE]/.test(edge)))
}

/** How many nodes the largest piece has that hangs together by these edges, whichever way they point. */
function largestPiece(edges: Edges): number {
  const pieces = new Map<string, Set<string>>()
  for (const edge of edges) {
    const merged = new Set(edge.split('>').flatMap((node) => [node, ...(pieces.get(node) ?? [])]))
    for (const node of merged) pieces.set(node, merged)
  }
  return Math.max(1, ...pieces.values().map(({ size }) => size))
}

/** With an edge from START to each step that needs none, and to END from each that none needs. */
function withEnds(edges: Edges, count: number): Edges {
  const [from, to] = [0, 1].map((side) => new Set([...edges].map((edge) => edge.split('>')[side])))
  const steps = Array.from({ length: count }, (_, at) => String(at))
  const begin = steps.filter((step) => !to?.has(step)).map((step) => `S>${step}`)
  const end = steps.filter((step) => !from?.has(step)).map((step) => `${step}>E`)
  return new Set([...edges, ...begin, ...end])
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

/** The steps are counted from one, whatever is said of them later; the edges may stand anywhere after them. */
function readPlan(content: string): Plan | undefined {
  const texts: string[] = []
  let end = 0
  for (const line of content.matchAll(/^\s*(\d+)\s*[:.]\s*(.+)$/gm)) {
    const [whole, number, text = ''] = line
    if (number !== String(texts.length + 1)) break
    texts.push(text)
    end = line.index + whole.length
  }
  const edges = new Set<string>()
  for (const [, from = '', to = ''] of content
    .slice(end)
    .matchAll(/\(\s*(START|\d+)\s*,\s*(END|\d+)\s*\)/g)) {
    const [a, b] = [from === 'START' ? 'S' : Number(from) - 1, to === 'END' ? 'E' : Number(to) - 1]
    if ([a, b].every((node) => typeof node === 'string' || node in texts)) edges.add(`${a}>${b}`)
  }
  return texts.length === 0 || edges.size === 0 ? undefined : { texts, edges }
}

const [folder, ...options] = process.argv.slice(2)
if (folder === undefined) throw new Error('Usage: npm run worfbench -- FOLDER [--tuning]')
const half = options.includes('--tuning') ? 0 : 1
const gold = join(folder, 'gold_traj')
const totals = new Map(Object.keys(guessers).map((name) => [name, new Score()]))
const head = `${'source'.padEnd(14)}plans unread  ${'guess'.padEnd(9)}   prec    rec     F1  exact  graph`
process.stdout.write(
  `${half === 0 ? 'The half that the rules were written with' : 'The half that was held out'}, in %\n${head}\n`,
)
for (const source of readdirSync(gold).toSorted()) {
  const all = plansIn(join(gold, source, 'graph_eval.json')).filter((_, at) => at % 2 === half)
  const plans = all.filter((plan) => plan !== undefined)
  for (const [name, guess] of Object.entries(guessers)) {
    const score = new Score()
    for (const plan of plans) {
      const guessed = withEnds(await guess(plan), plan.texts.length)
      score.add(guessed, plan)
      totals.get(name)?.add(guessed, plan)
    }
    const counts = `${String(plans.length).padStart(5)}${String(all.length - plans.length).padStart(7)}`
    process.stdout.write(`${source.padEnd(14)}${counts}  ${name.padEnd(9)} ${String(score)}\n`)
  }
}
for (const [name, score] of totals)
  process.stdout.write(`${'all'.padEnd(28)}${name.padEnd(9)} ${String(score)}\n`)
