/**
 * Whether what a document gives to the capabilities that it calls or runs fits the input schemas of those who provide
 * them. The language says some of it too; who provides a capability knows what it takes. Where an expression stands
 * anything may come, so that only what is wrong in any case is told.
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

export function checkInputs(parsed: ParsedWorkflow, schemas: InputSchemas): readonly Problem[] {
  const { document } = parsed
  if (!document) return []
  return [...everyTaskOf(document)].flatMap((entry) => {
    const given = givenTo(entry, document)
    const schema = given && schemas(entry.capability)
    return given === undefined || schema === undefined ? [] : problemsOf(entry, schema, { given, parsed })
  })
}

/** What a capability is handed, and where that stands below its task. */
interface Given {
  readonly at: 'with' | 'run'
  readonly input: unknown
}

function givenTo({ task, capability }: TaskEntry, document: Workflow): Given | undefined {
  if ('run' in task) return { at: 'run', input: task.run }
  if (!('call' in task) || resolveFunction(document, capability)) return undefined
  return { at: 'with', input: task.with ?? {} }
}

function problemsOf(
  { name, capability, reference }: TaskEntry,
  schema: JsonSchema,
  { given, parsed }: { given: Given; parsed: ParsedWorkflow },
): Problem[] {
  const loose = parsed.document?.evaluate?.mode === 'loose'
  const isOpen = (value: unknown): boolean =>
    typeof value === 'string' && (loose || expressionSource(value) !== undefined)
  return violations(schema, given.input, isOpen).map(({ pointer: at, message, hint }) => {
    const pointer = memberPointer(reference, given.at) + at
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
