/**
 * The artifact of a module in Python: its sources, by their paths in the module's folder, as one text. The process
 * imports from that text, so that a start after a crash runs the same code, whatever has become of the files since.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Folders that belong to tools, and tests, are no part of what runs. */
const left = /^(?:\.|__pycache__$|node_modules$|tests?$|venv$)/
/** A deeper tree is no module, but something that was left in its folder. */
const depthMax = 10

/** The code of an artifact; the same sources give the same text. */
export function packPython(files: Readonly<Record<string, string>>): string {
  const sorted = Object.entries(files).sort(([one], [other]) => (one < other ? -1 : 1))
  return JSON.stringify({ python: Object.fromEntries(sorted) })
}

/** All the `.py` files below a module's folder; paths have slashes on every system. */
export function readPythonSources(folder: string): Record<string, string> {
  return Object.fromEntries(
    sourcesIn(folder, '', 0).map((path) => [path, readFileSync(join(folder, path), 'utf8')]),
  )
}

function sourcesIn(folder: string, below: string, depth: number): string[] {
  if (depth > depthMax) return []
  return readdirSync(join(folder, below), { withFileTypes: true }).flatMap((entry) => {
    const path = below === '' ? entry.name : `${below}/${entry.name}`
    if (left.test(entry.name)) return []
    if (entry.isDirectory()) return sourcesIn(folder, path, depth + 1)
    return entry.isFile() && entry.name.endsWith('.py') ? [path] : []
  })
}
