/**
 * Removes the blobs that nobody names any more: neither a run, its log, its document or an event, nor a payload that one
 * of those names. A blob that was written since the oldest unfinished run began always stays, since a task may have it in
 * hand before anything names it; one that is written again counts as new. It reads everything once, in small turns, and
 * nothing but what it removes is changed.
 */
import { statSync, unlinkSync } from 'node:fs'
import { open, readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Journal } from './journal.ts'
import type { Statements } from './statements.ts'

export interface SweepOptions {
  readonly folder: string
  readonly statements: Statements
  readonly journal: Journal
  /** Blobs that were written after this moment stay; milliseconds since the Unix epoch. */
  readonly writtenBefore: number
  readonly texts: () => Iterable<string>
  readonly signal: AbortSignal | undefined
}

export interface Swept {
  readonly count: number
  readonly bytes: number
}

/** Rows that are read in one turn of the event loop. */
const rowsMax = 200
/** Files that are removed in one turn of the event loop. */
const filesMax = 100
const digestLength = 64

export async function sweepBlobs(options: SweepOptions): Promise<Swept> {
  const { folder, writtenBefore, signal } = options
  const { old, kept } = await filesOf(folder, writtenBefore)
  if (old.size === 0) return { count: 0, bytes: 0 }
  const names = new Names(options, new Set(old.keys()))
  for (const digest of kept) await names.follow(digest)
  await names.read()
  let [count, bytes] = [0, 0]
  const digests = [...old.keys()]
  for (let at = 0; at < digests.length; at += filesMax) {
    signal?.throwIfAborted()
    await options.journal.flush()
    await names.read() // what was written meanwhile
    for (const digest of digests.slice(at, at + filesMax).filter((each) => !names.has(each))) {
      if (!removeFile(fileOf(folder, digest), writtenBefore)) continue
      count++
      bytes += old.get(digest) ?? 0
    }
  }
  return { count, bytes }
}

/** The blobs by age: the old ones with their sizes, and those that stay anyway. */
async function filesOf(
  folder: string,
  writtenBefore: number,
): Promise<{ old: ReadonlyMap<string, number>; kept: readonly string[] }> {
  const old = new Map<string, number>()
  const kept: string[] = []
  for (const part of await namesIn(folder)) {
    for (const name of await namesIn(join(folder, part))) {
      if (!/^[0-9a-f]{64}$/.test(name)) continue
      const { mtimeMs, size } = await stat(join(folder, part, name))
      if (mtimeMs < writtenBefore) old.set(name, size)
      else kept.push(name)
    }
  }
  return { old, kept }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return []
    throw error
  }
}

/** Synchronous from the look to the removal, so that nobody writes it again in between. */
function removeFile(file: string, writtenBefore: number): boolean {
  const { mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { mtimeMs: Infinity }
  if (mtimeMs >= writtenBefore) return false
  unlinkSync(file)
  if (statSync(`${file}.type`, { throwIfNoEntry: false })) unlinkSync(`${file}.type`)
  return true
}

function fileOf(folder: string, digest: string): string {
  return join(folder, digest.slice(0, 2), digest)
}

/** The tables whose texts may name blobs, each read on from where it was read to. */
const tables = {
  events: { place: 'seq', texts: ['body'] },
  accepted: { place: 'seq', texts: ['body'] },
  runs: { place: 'number', texts: ['input', 'input_blob', 'scope'] },
} as const

/** Which of the old blobs are named. */
class Names {
  readonly #options: SweepOptions
  readonly #old: ReadonlySet<string>
  readonly #named = new Set<string>()
  readonly #places = { events: 0, accepted: 0, runs: 0 }
  /** Documents never change, so each is looked through once. */
  readonly #documents = new Set<string>()
  #waiting: string[] = []

  constructor(options: SweepOptions, old: ReadonlySet<string>) {
    this.#options = options
    this.#old = old
  }

  has(digest: string): boolean {
    return this.#named.has(digest)
  }

  /** Looks through what came since the last time, and through what those name. */
  async read(): Promise<void> {
    for (const table of ['runs', 'accepted', 'events'] as const) await this.#readTable(table)
    const { statements, texts } = this.#options
    for (const { state } of statements.all('SELECT state FROM deployments')) this.#look(String(state))
    this.#readDocuments()
    for (const text of texts()) this.#look(text)
    for (let next = this.#waiting.pop(); next !== undefined; next = this.#waiting.pop())
      await this.follow(next)
  }

  #readDocuments(): void {
    const { statements } = this.#options
    for (const { digest } of statements.all('SELECT digest FROM documents')) {
      if (this.#documents.has(String(digest))) continue
      this.#documents.add(String(digest))
      const [row] = statements.all('SELECT text FROM documents WHERE digest = ?', String(digest))
      this.#look(String(row?.['text'] ?? ''))
    }
  }

  async #readTable(table: keyof typeof tables): Promise<void> {
    const { place, texts } = tables[table]
    const sql = `SELECT ${place}, ${texts.join(', ')} FROM ${table} WHERE ${place} > ? ORDER BY ${place} LIMIT ${rowsMax}`
    for (;;) {
      this.#options.signal?.throwIfAborted()
      const rows = this.#options.statements.all(sql, this.#places[table])
      for (const row of rows) {
        this.#places[table] = Number(row[place])
        for (const column of texts) this.#look(String(row[column] ?? ''))
      }
      if (rows.length < rowsMax) return
      await setImmediate()
    }
  }

  /** Looks through a blob, where it is a payload or JSON in another form. */
  async follow(digest: string): Promise<void> {
    const file = fileOf(this.#options.folder, digest)
    const type = await readFile(`${file}.type`, 'utf8').catch(() => undefined)
    if (type !== undefined && !type.includes('json')) return
    const handle = await open(file).catch(() => undefined)
    if (!handle) return // a payload that is missing is told to whoever reads it
    let rest = ''
    for await (const piece of handle.createReadStream({ encoding: 'latin1' })) {
      const text = rest + String(piece)
      this.#look(text)
      rest = text.slice(-digestLength)
    }
  }

  #look(text: string): void {
    for (const [digest] of text.matchAll(/[0-9a-f]{64}/g)) {
      if (!this.#old.has(digest) || this.#named.has(digest)) continue
      this.#named.add(digest)
      this.#waiting.push(digest)
    }
  }
}
