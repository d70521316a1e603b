/**
 * Whether what a document gives to the capabilities that it calls by their names fits the input schemas of those who
 * provide them. Where an expression stands anything may come, so that only what is wrong in any case is told.
 */
import { violations, type JsonSchema } from '@nexus/kernel'
import {
  everyTaskOf,
  expressionSource,
  memberPointer,
  resolveFunction,
  type ParsedWorkflow,
  type Problem,
  type TaskEntry,
  type Workflow,
} from '@nexus/workflow'

/** The input schema of a capability; undefined where nobody says it. */
export type InputSchemas = (capability: string) => JsonSchema | undefined

/** The language itself says what these are given. Of `asyncapi` it knows more protocols than anybody speaks. */
const callsOfLanguage = new Set(['a2a', 'grpc', 'http', 'mcp', 'openapi'])

export function checkInputs(parsed: ParsedWorkflow, schemas: InputSchemas): readonly Problem[] {
  const { document } = parsed
  if (!document) return []
  return [...everyTaskOf(document)].flatMap((entry) => {
    const schema = isCustomCall(document, entry) ? schemas(entry.capability) : undefined
    return schema === undefined ? [] : problemsOf(entry, schema, parsed)
  })
}

function isCustomCall(document: Workflow, { kind, capability }: TaskEntry): boolean {
  return kind === 'call' && !callsOfLanguage.has(capability) && !resolveFunction(document, capability)
}

function problemsOf(
  { task, name, capability, reference }: TaskEntry,
  schema: JsonSchema,
  parsed: ParsedWorkflow,
): Problem[] {
  if (!('call' in task)) return []
  const loose = parsed.document?.evaluate?.mode === 'loose'
  const isOpen = (value: unknown): boolean =>
    typeof value === 'string' && (loose || expressionSource(value) !== undefined)
  return violations(schema, task.with ?? {}, isOpen).map(({ pointer: at, message, hint }) => {
    const pointer = memberPointer(reference, 'with') + at
    return {
      severity: 'error',
      code: 'invalid_input',
      message: `${message} That is no input for \`${capability}\` (task \`${name}\`).`,
      ...(hint !== undefined && { hint }),
      pointer,
      ...parsed.positionOf(pointer, message.startsWith('Unknown key') ? 'key' : 'value'),
    }
  })
}
