/**
 * Why something that a document names outside itself cannot be had or used: a problem that has no place yet.
 */
export interface Finding {
  readonly severity?: 'error' | 'warning'
  readonly code: string
  readonly message: string
  readonly hint?: string | undefined
}

export class Refused extends Error {
  override readonly name = 'Refused'
  readonly findings: readonly Finding[]

  constructor(...findings: Finding[]) {
    super(findings.map(({ message }) => message).join(' '))
    this.findings = findings
  }
}
