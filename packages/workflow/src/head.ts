/**
 * What a text calls itself: the names in the head of a workflow document, also where the rest of it is not valid.
 */
import { isJsonObject, type Json } from '@nexus/sdk'
import { Lines } from './source/lines.ts'
import { readYaml } from './source/read_yaml.ts'
import { Report, TooManyProblems } from './source/report.ts'
import { toJson } from './source/to_json.ts'

export interface WorkflowName {
  readonly namespace: string
  readonly name: string
  readonly version: string
}

/** Undefined for a text that is no workflow document. Never throws. */
export function readWorkflowName(text: string): WorkflowName | undefined {
  const head = headOf(text)
  if (head === undefined || !isJsonObject(head)) return undefined
  const { namespace, name, version } = head
  if (typeof namespace !== 'string' || typeof name !== 'string' || typeof version !== 'string')
    return undefined
  return { namespace, name, version }
}

function headOf(text: string): Json | undefined {
  const report = new Report(new Lines(text))
  try {
    const tree = readYaml(text, report)
    const value = tree && toJson(tree.contents, report)
    return value !== undefined && isJsonObject(value) ? value['document'] : undefined
  } catch (error) {
    if (error instanceof TooManyProblems) return undefined
    throw error
  }
}
