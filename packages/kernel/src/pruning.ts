/**
 * Forgets what nobody can come back to any more: generations long past, their artifacts, lines of state that no kept
 * generation names, receipts of long ago. Only from the oldest end, since what a run in flight sees is worked out from
 * all generations since the one that it began under.
 */
import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { GenerationJournal } from './generation_journal.ts'
import { lineKey } from './state_line.ts'

/** Generations that can be gone back to. */
export const generationsKept = 50
/** Changes whose receipts are kept. */
const receiptsKept = 1_000

export interface Pruned {
  readonly generations: number
  readonly artifacts: number
}

/** `began`: the generations that unfinished runs began under. `artifacts`: the folder of the store. */
export function prune(journal: GenerationJournal, began: readonly number[], artifacts: string): Pruned {
  const current = journal.current()
  if (!current) return { generations: 0, artifacts: 0 }
  const oldest = Math.min(current.number, journal.last() - generationsKept + 1, ...began)
  const generations = journal.forgetBefore(oldest)
  journal.forgetReceiptsBefore(journal.lastReceipt() - receiptsKept + 1)
  const kept = journal
    .list()
    .flatMap(({ modules, removed }) => [
      ...Object.values(modules).flatMap(({ artifact, instead_of: instead }) => [artifact, instead ?? '']),
      ...Object.values(removed),
    ])
  const lines = journal
    .list()
    .flatMap(({ modules }) => Object.entries(modules).map(([id, { line }]) => lineKey(id, line)))
  journal.keepLines(new Set(lines))
  return { generations, artifacts: removeOthers(artifacts, new Set(kept)) }
}

/** What is not an artifact is left alone. */
function removeOthers(folder: string, kept: ReadonlySet<string>): number {
  const names = readdirSync(folder).filter((name) => /^[0-9a-f]{64}\.cjs$/.test(name))
  const others = names.filter((name) => !kept.has(name.slice(0, 64)))
  for (const name of others) rmSync(join(folder, name), { force: true })
  return others.length
}
