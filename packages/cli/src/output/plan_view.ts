/**
 * A plan as a person decides about it: its document, its tasks as a tree, what it reaches, and what it is estimated to take.
 * What is not known is said to be unknown. Pure.
 */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { stringify } from 'yaml'
import { formatDuration } from './format.ts'
import { plain, shown, visibleWidth } from './terminal_text.ts'
import { planTree } from './plan_tree.ts'
import type { Terminal } from './terminal.ts'

export interface PlanView {
  readonly planner?: Json
  readonly workflow?: Json
  readonly needs?: Json
  readonly assumptions?: Json
  /** Of `resources.estimate`; undefined where nobody estimates. */
  readonly estimate?: Json
}

/** `yaml`: also as the document that runs; it comes first, since what is decided by stands last. */
export function planView(view: PlanView, io: Terminal, { yaml }: { readonly yaml: boolean }): string {
  const { planner, workflow = {}, needs, assumptions, estimate } = view
  const by = typeof planner === 'string' && planner !== '' ? ` (by ${plain(planner)})` : ''
  return [
    ...(yaml ? [io.style('dim', shown(stringify(workflow, { lineWidth: 100 })))] : []),
    `${io.style('bold', 'Plan')}${io.style('dim', by)}\n${planTree(workflow, io)}\n`,
    section('Reaches', reachRows(needs), io),
    section('Takes', estimateRows(estimate), io),
    section(
      'Taken for granted',
      [...textsIn(assumptions), ...assumedIn(estimate)].map((each) => ['-', each]),
      io,
    ),
  ]
    .filter((part) => part !== '')
    .map((part) => `${part}\n`)
    .join('')
}

/** Columns but the last as wide as their widest cell. */
function section(title: string, rows: readonly (readonly string[])[], io: Terminal): string {
  if (rows.length === 0) return ''
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => visibleWidth(row[column] ?? ''))),
  )
  const lines = rows.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - visibleWidth(cell)),
      )
      .join('  '),
  )
  return `${io.style('bold', title)}\n${lines.map((line) => `  ${line}\n`).join('')}`
}

/** One row for each thing that is reached, with the steps that reach it. */
function reachRows(needs: Json | undefined): string[][] {
  const steps = new Map<string, { right: string; what: string; steps: Set<string> }>()
  for (const need of objectsIn(needs)) {
    const { step, ...rights } = need
    for (const [right, value] of Object.entries(rights)) {
      const what = value === '*' ? 'known only when it runs' : oneLine(value ?? null)
      const known = steps.get(`${right} ${what}`) ?? { right, what, steps: new Set<string>() }
      known.steps.add(typeof step === 'string' ? plain(step) : '')
      steps.set(`${right} ${what}`, known)
    }
  }
  if (steps.size === 0) return [['nothing that can be seen beforehand']]
  const order = ['read', 'write', 'network', 'run']
  return [...steps.values()]
    .toSorted((a, b) => order.indexOf(a.right) - order.indexOf(b.right))
    .map(({ right, what, steps: by }) => [right, what, [...by].join(', ')])
}

function estimateRows(estimate: Json | undefined): string[][] {
  if (estimate === undefined || estimate === null || !isJsonObject(estimate)) return [['not estimated']]
  const total = isJsonObject(estimate['total']) ? estimate['total'] : {}
  const { cost_usd: cost } = total
  return [
    ['time', timeIn(estimate)],
    ['memory', memoryIn(total)],
    ['money', moneyIn(cost)],
  ]
}

function memoryIn({ memory_mb: memory, memory_unknown: unknown }: JsonObject): string {
  const names = textsIn(unknown).join(', ')
  if (typeof memory !== 'number') return 'not known'
  if (memory === 0)
    return names === '' ? 'none beside that of Nexus itself' : `not known: nobody says what ${names} needs`
  return `up to ${memory} MB, as its modules ask for it${names === '' ? '' : `; nobody says what ${names} needs`}`
}

function timeIn(estimate: JsonObject): string {
  const span = spanIn(estimate['makespan_ms'])
  if (span) return span
  const unknown = textsIn(estimate['unknown'])
  const named = unknown.slice(0, 3).join(', ')
  const more = unknown.length > 3 ? ` and ${unknown.length - 3} more` : ''
  const known = spanIn(estimate['known_ms'])
  const rest = known === undefined || known === zeroSpan ? '' : `; the rest ${known}`
  const have = unknown.length > 1 ? 'have' : 'has'
  return `not known: ${named === '' ? 'this' : `${named}${more}`} ${have} not run here yet${rest}`
}

const zeroSpan = 'about 0 ms'

function spanIn(span: Json | undefined): string | undefined {
  const { p50, p90 } = isJsonObject(span) ? span : {}
  if (typeof p50 !== 'number' || typeof p90 !== 'number') return undefined
  const [usual, late] = [formatDuration(p50), formatDuration(p90)]
  return usual === late ? `about ${usual}` : `about ${usual}, in nine of ten cases less than ${late}`
}

function moneyIn(cost: Json | undefined): string {
  if (typeof cost !== 'number') return 'not known'
  return cost === 0 ? 'nothing' : `about ${Number(cost.toPrecision(2))} US dollars`
}

function assumedIn(estimate: Json | undefined): readonly string[] {
  return isJsonObject(estimate) ? textsIn(estimate['assumptions']) : []
}

function oneLine(value: Json): string {
  return plain(typeof value === 'string' ? value : JSON.stringify(value))
}

function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? (value as Json[]).filter((item) => isJsonObject(item)) : []
}

function textsIn(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? (value as Json[]).filter((item) => typeof item === 'string').map(plain) : []
}
