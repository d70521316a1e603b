/**
 * Names that must stand in `use`: policies, errors, timeouts, secrets, catalogs.
 */
import { isJsonObject, type Json } from '@nexus/sdk'
import { suggestion } from '../suggestion.ts'
import { memberPointer } from '../pointers.ts'
import type { UseTable } from '../schema/describe.ts'
import type { CallSite, Findings, NameSite } from '../shape/findings.ts'
import type { Report } from '../source/report.ts'

const singular: Readonly<Record<UseTable, string>> = {
  authentications: 'authentication policy',
  catalogs: 'catalog',
  errors: 'error',
  functions: 'function',
  retries: 'retry policy',
  secrets: 'secret',
  timeouts: 'timeout',
}

export function checkReferences(document: Json, findings: Findings, report: Report): void {
  const use = isJsonObject(document) ? document['use'] : undefined
  const namesOf = (table: UseTable): readonly string[] => entriesOf(use, table)
  for (const site of findings.names) checkName(site, namesOf(site.table), report)
  for (const site of findings.calls) checkCatalog(site, namesOf('catalogs'), report)
}

function entriesOf(use: Json | undefined, table: UseTable): readonly string[] {
  const entries = use !== undefined && isJsonObject(use) ? use[table] : undefined
  if (Array.isArray(entries)) return entries.filter((entry) => typeof entry === 'string')
  return entries !== undefined && isJsonObject(entries) ? Object.keys(entries) : []
}

function checkName({ name, table, pointer }: NameSite, known: readonly string[], report: Report): void {
  if (known.includes(name)) return
  report.on(pointer, 'value', {
    code: 'unknown_reference',
    message: `There is no ${singular[table]} \`${name}\` in \`use.${table}\`.`,
    hint: nameHint(name, table) ?? suggestion(name, known, 'There are') ?? `Declare it in \`use.${table}\`.`,
  })
}

function nameHint(name: string, table: UseTable): string | undefined {
  if (table === 'timeouts' && /^P[\dT]/.test(name)) return `A timeout is written {after: ${name}}.`
  if (name.includes('${')) return 'An expression cannot stand here, only a name.'
  return undefined
}

/** NAME:VERSION@CATALOG; a call by URI is not one. */
const catalogedCall = /^[^@/]+@([^@/]+)$/
/** The catalog that every runtime has, whether declared or not. */
const defaultCatalog = 'default'

function checkCatalog({ call, pointer }: CallSite, known: readonly string[], report: Report): void {
  const catalog = catalogedCall.exec(call)?.[1]
  if (catalog === undefined || catalog === defaultCatalog || known.includes(catalog)) return
  report.on(memberPointer(pointer, 'call'), 'value', {
    code: 'unknown_reference',
    message: `There is no catalog \`${catalog}\` in \`use.catalogs\`.`,
    hint: suggestion(catalog, known, 'There are') ?? 'Declare it in `use.catalogs`.',
  })
}
