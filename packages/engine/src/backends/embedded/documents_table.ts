/**
 * The table of documents: the texts of workflows by their digest, once each, whoever uses them.
 */
import { hash } from 'node:crypto'
import type { Row, Statements } from './statements.ts'

export class DocumentsTable {
  readonly #statements: Statements
  #last = { text: '', digest: '' }

  constructor(statements: Statements) {
    this.#statements = statements
  }

  /** Gives the digest. Many runs share one document, one after the other. */
  store(text: string): string {
    if (this.#last.text === text) return this.#last.digest
    const digest = hash('sha256', text)
    this.#statements.run('INSERT OR IGNORE INTO documents (digest, text) VALUES (?, ?)', digest, text)
    this.#last = { text, digest }
    return digest
  }

  /** Texts by keys, as a column that has their digests; null where there are none. */
  storeAll(texts: Readonly<Record<string, string>> = {}): string | null {
    const entries = Object.entries(texts)
    if (entries.length === 0) return null
    return JSON.stringify(Object.fromEntries(entries.map(([key, text]) => [key, this.store(text)])))
  }

  readAll(column: Row[string] | undefined): Readonly<Record<string, string>> {
    if (typeof column !== 'string') return {}
    const digests = Object.entries(JSON.parse(column) as Readonly<Record<string, string>>)
    return Object.fromEntries(digests.map(([key, digest]) => [key, this.#read(digest)]))
  }

  /** Removes what neither a run nor a deployment uses. */
  removeUnused(): void {
    this.#last = { text: '', digest: '' }
    const named = (table: string): string =>
      `SELECT document FROM ${table} UNION SELECT each.value FROM ${table}, json_each(${table}.workflows) AS each`
    this.#statements.run(
      `DELETE FROM documents WHERE digest NOT IN (${named('runs')} UNION ${named('deployments')})`,
    )
  }

  #read(digest: string): string {
    return String(this.#statements.all('SELECT text FROM documents WHERE digest = ?', digest)[0]?.['text'])
  }
}
