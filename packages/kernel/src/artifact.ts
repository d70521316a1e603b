/**
 * The store of artifacts: built modules, each one CommonJS file named by the sha-256 of its bytes.
 * What is in it never changes. A file is written under a temporary name, flushed, then renamed, so that a crash leaves
 * either the whole artifact or none; a file whose bytes do not match its name counts as not there.
 */
import { hash } from 'node:crypto'
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { NexusError } from '@nexus/sdk'
import { storageTrouble } from '@nexus/sdk/storage'

export interface Artifact {
  /** The sha-256 of the bytes, in hex. */
  readonly digest: string
  readonly code: string
}

export interface ArtifactStore {
  readonly folder: string
  /** Keeps the code and gives its artifact; once it returns, the bytes are on disk. */
  put(code: string): Artifact
  /** The artifact of that digest, or undefined where it is missing or corrupt. */
  get(digest: string): Artifact | undefined
}

export function openArtifactStore(data: string): ArtifactStore {
  const folder = join(data, 'artifacts')
  orExplain(folder, () => mkdirSync(folder, { recursive: true }))
  const pathOf = (digest: string): string => join(folder, `${digest}.cjs`)
  const get = (digest: string): Artifact | undefined => {
    const code = readIfThere(pathOf(digest))
    return code !== undefined && digestOf(code) === digest ? { digest, code } : undefined
  }
  return {
    folder,
    get,
    put(code) {
      const digest = digestOf(code)
      if (get(digest) === undefined) orExplain(folder, () => writeDurably(pathOf(digest), code))
      return { digest, code }
    },
  }
}

function orExplain(folder: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    const trouble = storageTrouble(error, folder)
    if (trouble instanceof NexusError && trouble.code === 'disk_full') throw trouble
    const why = error instanceof Error ? error.message : String(error)
    const next = 'Make room or give it the rights, or choose another data folder.'
    throw new NexusError('artifacts_not_writable', `Cannot keep artifacts in "${folder}": ${why}. ${next}`, {
      cause: error,
    })
  }
}

export function digestOf(bytes: string | Uint8Array): string {
  return hash('sha256', bytes, 'hex')
}

/** Replaces a file as a whole: after a crash it has its old bytes or its new ones. */
export function writeDurably(path: string, text: string): void {
  const temporary = `${path}.${process.pid}.tmp`
  try {
    writeAndFlush(temporary, text)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

function writeAndFlush(path: string, text: string): void {
  const file = openSync(path, 'w')
  try {
    const bytes = Buffer.from(text)
    for (let written = 0; written < bytes.length;) written += writeSync(file, bytes, written)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
}

export function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}
