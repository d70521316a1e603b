/**
 * Workflows in files: the documents in folders, found by the names that stand in them. Read anew whenever they are
 * asked for, since people edit them; what a run began with is kept with the run.
 */
import { readWorkflowName, workflowKey, type Subflow, type WorkflowName } from '@nexus/workflow'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import compare from 'semver/functions/compare.js'
import type { FoundWorkflow, WorkflowSource } from './subflows.ts'

const extensions = new Set(['.yaml', '.yml', '.json'])
/** Files of a folder that are looked at; a folder with more is not one of workflows. */
const filesMax = 1_000

/** The nearer folder comes first. A file that is no workflow document is passed over. */
export function folderSource(folders: readonly string[]): WorkflowSource {
  const all = (): readonly (FoundWorkflow & { head: WorkflowName })[] => folders.flatMap(readFolder)
  return {
    find: (wanted) => newest(all().filter(({ head }) => fits(wanted, head))),
    known: () => [...new Set(all().map(({ head }) => workflowKey(head)))].toSorted(),
  }
}

/** Documents that were handed in as texts; they name no files. */
export function textSource(texts: readonly string[]): WorkflowSource {
  const all = texts.flatMap((text) => {
    const head = readWorkflowName(text)
    return head ? [{ text, file: workflowKey(head), head }] : []
  })
  return {
    find: (wanted) => newest(all.filter(({ head }) => fits(wanted, head))),
    known: () => all.map(({ head }) => workflowKey(head)).toSorted(),
  }
}

/** The first that has it. */
export function eitherSource(sources: readonly WorkflowSource[]): WorkflowSource {
  return {
    find: (wanted) => firstOf(sources, (source) => source.find(wanted)),
    known: () => [...new Set(sources.flatMap((source) => source.known()))].toSorted(),
  }
}

function firstOf<Item, Found>(
  items: readonly Item[],
  find: (item: Item) => Found | undefined,
): Found | undefined {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}

export function fits({ namespace, name, version }: Subflow, head: WorkflowName): boolean {
  return (
    namespace === head.namespace && name === head.name && (version === 'latest' || version === head.version)
  )
}

/** Of several with the same version the first. */
export function newest<Item extends { readonly head: WorkflowName }>(
  items: readonly Item[],
): Item | undefined {
  return items.toSorted((a, b) => compare(b.head.version, a.head.version))[0]
}

function readFolder(folder: string): readonly (FoundWorkflow & { head: WorkflowName })[] {
  return namesIn(folder).flatMap((name) => {
    const file = join(folder, name)
    const text = readFileSync(file, 'utf8')
    const head = readWorkflowName(text)
    return head ? [{ text, file, base: folder, head }] : []
  })
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile() && extensions.has(extname(entry.name)))
      .map(({ name }) => name)
      .toSorted()
      .slice(0, filesMax)
  } catch {
    return [] // a folder that is not there has no workflows; whoever looks for one is told which there are
  }
}
