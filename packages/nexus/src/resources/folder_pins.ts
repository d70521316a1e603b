/**
 * Pins in a folder: `<sha-256 of the address>.json` says which content an address has, `content/<sha-256>` is that
 * content. Content is on disk before the entry that names it, and every file is replaced as a whole: a crash leaves
 * the old pin, the new one, or content that nothing names, which the next write of it takes over.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isJsonObject, NexusError } from '@nexus/sdk'
import { digestOf, type Pin, type PinnedResource, type PinStore } from './pins.ts'

/** What is pinned in a data directory; also beside the process that holds it. */
export function pinsOf(data: string): PinStore {
  return new FolderPins(join(data, 'resources'))
}

class FolderPins implements PinStore {
  readonly #folder: string
  readonly #contents: string

  constructor(folder: string) {
    this.#folder = folder
    this.#contents = join(folder, 'content')
  }

  async get(uri: string): Promise<Pin | undefined> {
    const file = this.#entryFile(uri)
    const entry = await readEntry(file)
    if (entry === undefined) return undefined
    if (entry === 'damaged' || entry.uri !== uri) throw damaged(uri, file, 'its entry cannot be read')
    const text = await readIfThere(this.#contentFile(entry.digest))
    if (text === undefined) throw damaged(uri, file, 'its content is missing')
    if (digestOf(text) !== entry.digest) throw damaged(uri, file, 'its content is not what was fetched')
    return { digest: entry.digest, text }
  }

  async put(uri: string, { digest, text }: Pin): Promise<void> {
    const before = await readEntry(this.#entryFile(uri))
    await mkdir(this.#contents, { recursive: true, mode: 0o700 })
    await replaceFile(this.#contents, digest, text)
    await replaceFile(this.#folder, entryName(uri), `${JSON.stringify({ uri, digest })}\n`)
    if (isPinned(before) && before.digest !== digest) await this.#dropContent(before.digest)
  }

  async list(): Promise<readonly PinnedResource[]> {
    const names = (await namesIn(this.#folder)).filter((name) => name.endsWith('.json'))
    const entries = await Promise.all(names.map((name) => readEntry(join(this.#folder, name))))
    return entries.filter(isPinned).toSorted((a, b) => (a.uri < b.uri ? -1 : 1))
  }

  async remove(uri: string): Promise<boolean> {
    const entry = await readEntry(this.#entryFile(uri))
    if (entry === undefined) return false
    await rm(this.#entryFile(uri), { force: true })
    if (isPinned(entry)) await this.#dropContent(entry.digest)
    return true
  }

  /** Several addresses may have the same content. */
  async #dropContent(digest: string): Promise<void> {
    const isNeeded = (await this.list()).some((entry) => entry.digest === digest)
    if (!isNeeded) await rm(this.#contentFile(digest), { force: true })
  }

  #entryFile(uri: string): string {
    return join(this.#folder, entryName(uri))
  }

  #contentFile(digest: string): string {
    return join(this.#contents, digest)
  }
}

const entryName = (uri: string): string => `${digestOf(uri)}.json`

type Entry = PinnedResource | 'damaged' | undefined

const isPinned = (entry: Entry): entry is PinnedResource => typeof entry === 'object'

async function readEntry(file: string): Promise<Entry> {
  const text = await readIfThere(file)
  if (text === undefined) return undefined
  try {
    const entry: unknown = JSON.parse(text)
    const { uri, digest } = isJsonObject(entry) ? entry : {}
    const isWhole = typeof uri === 'string' && typeof digest === 'string' && /^[0-9a-f]{64}$/.test(digest)
    return isWhole ? { uri, digest } : 'damaged'
  } catch {
    return 'damaged'
  }
}

async function readIfThere(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}

/** After a crash the file has its old bytes or its new ones. */
async function replaceFile(folder: string, name: string, text: string): Promise<void> {
  const temporary = join(folder, `${randomUUID()}.tmp`)
  try {
    await writeFile(temporary, text, { mode: 0o600, flush: true })
    await rename(temporary, join(folder, name))
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(folder)
}

/** A rename is durable once its folder is; Windows cannot open folders and needs no such thing. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function damaged(uri: string, file: string, why: string): NexusError {
  return new NexusError(
    'resource_damaged',
    `The pinned copy of ${uri} is damaged: ${why}. It is not used. Delete ${file} to have it fetched again.`,
  )
}
