/**
 * What a schema cannot say: flow, references, expressions, inner schemas. Runs over what the shape check found, so that
 * it looks only at parts that are what they seem to be.
 */
import type { Json } from '@nexus/sdk'
import { checkFlow } from './checks/flow.ts'
import { checkGraphs } from './checks/graph.ts'
import { checkJsonSchemas } from './checks/json_schema.ts'
import { checkReferences } from './checks/references.ts'
import { checkSwitches } from './checks/switches.ts'
import { checkShape } from './shape/check_shape.ts'
import type { Report } from './source/report.ts'

export function validateDocument(document: Json, report: Report): void {
  const findings = checkShape(document, report)
  checkSwitches(findings.lists, report)
  checkFlow(findings.lists, report)
  checkReferences(document, findings, report)
  checkGraphs(findings, report)
  checkJsonSchemas(findings.schemas, report)
}
