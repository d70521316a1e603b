/**
 * The table of deployments: the workflows that are found by name and run by their schedules, and where those stand.
 */
import { NexusError, type JsonObject } from '@nexus/sdk'
import { workflowKey } from '@nexus/workflow'
import { isDeepStrictEqual } from 'node:util'
import type { Deployment, StoredDeployment } from '../../backend.ts'
import type { DocumentsTable } from './documents_table.ts'
import type { Row, Statements } from './statements.ts'

export class DeploymentsTable {
  readonly #statements: Statements
  readonly #documents: DocumentsTable

  constructor(statements: Statements, documents: DocumentsTable) {
    this.#statements = statements
    this.#documents = documents
  }

  put({ workflow, document, workflows, ...stamp }: Omit<StoredDeployment, 'state'>): void {
    const { namespace, name, version } = workflow
    const sql = `INSERT OR REPLACE INTO deployments
      (key, namespace, name, version, document, workflows, deployed_at, accepted, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, '{}')`
    const named = [workflowKey(workflow), namespace, name, version]
    const texts = [this.#documents.store(document), this.#documents.storeAll(workflows)]
    this.#statements.run(sql, ...named, ...texts, stamp.deployedAt, stamp.accepted)
  }

  setState(key: string, state: JsonObject): void {
    this.#statements.run('UPDATE deployments SET state = ? WHERE key = ?', JSON.stringify(state), key)
  }

  remove(key: string): void {
    this.#statements.run('DELETE FROM deployments WHERE key = ?', key)
  }

  find(key: string): StoredDeployment | undefined {
    return this.#select('WHERE key = ?', key)[0]
  }

  list(): readonly StoredDeployment[] {
    return this.#select('ORDER BY key')
  }

  /** The highest number of the line of events that one of them has. */
  last(): number {
    return Number(this.#statements.all('SELECT max(accepted) AS last FROM deployments')[0]?.['last'] ?? 0)
  }

  #select(which: string, ...values: string[]): readonly StoredDeployment[] {
    const sql = `SELECT deployments.*, documents.text FROM deployments
      JOIN documents ON documents.digest = deployments.document ${which}`
    return this.#statements.all(sql, ...values).map((row) => this.#deployment(row))
  }

  #deployment(row: Row): StoredDeployment {
    const { namespace, name, version } = row
    return {
      workflow: { namespace: String(namespace), name: String(name), version: String(version) },
      document: String(row['text']),
      workflows: this.#documents.readAll(row['workflows']),
      deployedAt: Number(row['deployed_at']),
      accepted: Number(row['accepted']),
      state: JSON.parse(String(row['state'])) as JsonObject,
    }
  }
}

/** Whether two say the same, so that deploying the one over the other changes nothing. */
export function sameDeployment(a: Deployment, b: Deployment): boolean {
  return a.document === b.document && isDeepStrictEqual(a.workflows, b.workflows)
}

export function workflowNotFound(key: string, known: readonly string[]): NexusError {
  const there = known.length > 0 ? `There are: ${known.join(', ')}.` : 'None is deployed.'
  return new NexusError('workflow_not_found', `No workflow "${key}" is deployed. ${there}`)
}
