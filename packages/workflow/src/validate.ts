/**
 * What a schema cannot say: flow, references, expressions, inner schemas. Runs over what the shape check found, so that
 * it looks only at parts that are what they seem to be.
 */
import { isJsonObject, type Json } from '@nexus/sdk'
import { checkExpressions } from './checks/expressions.ts'
import { checkFlow } from './checks/flow.ts'
import { checkGraphs } from './checks/graph.ts'
import { checkJsonSchemas } from './checks/json_schema.ts'
import { checkReferences } from './checks/references.ts'
import { checkSchedule } from './checks/schedule.ts'
import { checkSwitches } from './checks/switches.ts'
import { checkShape } from './shape/check_shape.ts'
import type { Locator } from './source/locate.ts'
import type { Report } from './source/report.ts'

export function validateDocument(
  document: Json,
  locator: Locator,
  report: Report,
  variables?: readonly string[],
): void {
  const findings = checkShape(document, report, variables)
  checkSwitches(findings.lists, report)
  checkFlow(findings.lists, report)
  checkReferences(document, findings, report)
  checkGraphs(findings, report)
  checkSchedule(document, report)
  checkJsonSchemas(findings.schemas, report)
  checkExpressions(findings.texts, {
    report,
    locateInside: (pointer, offset) => locator.inside(pointer, offset),
    loose: modeOf(document) === 'loose',
  })
}

function modeOf(document: Json): Json | undefined {
  const evaluate = isJsonObject(document) ? document['evaluate'] : undefined
  return evaluate !== undefined && isJsonObject(evaluate) ? evaluate['mode'] : undefined
}
