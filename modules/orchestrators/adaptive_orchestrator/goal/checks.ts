/**
 * What tasks and goals must come to (`expect`), as tasks and documents that say whether they did. An `expect` is an
 * expression that has to be true, or a JSON Schema. Pure.
 */
import { isJsonObject, type Json, type JsonObject } from '@nexus/sdk'
import { objectOf } from './json.ts'
import type { Entry } from './lists.ts'

/** The member of a check's `metadata` that names the task that is checked. */
export const checkOf = 'check_of'

/** The entry with what its task says of itself (`metadata.expect`) seen to. */
export function withCheck([name, task]: Entry, inARow: boolean, taken: ReadonlySet<string>): readonly Json[] {
  const { expect } = objectOf(task['metadata'])
  if (isJsonObject(expect)) return [{ [name]: withSchema(task, expect) }]
  if (typeof expect !== 'string') return [{ [name]: task }]
  const both = [{ [name]: task }, { [freeName(`${name}_check`, taken)]: checking(name, expect) }]
  // What stands side by side has its check with it, not beside it.
  return inARow ? both : [{ [name]: { do: both } }]
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  return taken.has(wanted) ? freeName(`${wanted}_`, taken) : wanted
}

/** A schema that its author gave holds too. */
function withSchema(task: JsonObject, expect: JsonObject): JsonObject {
  const output = objectOf(task['output'])
  const { document: own } = objectOf(output['schema'])
  const document = own === undefined ? expect : { allOf: [own, expect] }
  return { ...task, output: { ...output, schema: { format: 'json', document } } }
}

/** Raises an error where the expression is not true of what the task before it gave. */
function checking(name: string, expect: string): JsonObject {
  const inner = innerOf(expect)
  return {
    if: `\${ (${inner}\n) | not }`,
    raise: {
      error: {
        type: 'https://open-workflow-specification.org/spec/1.0.0/errors/validation',
        status: 400,
        title: 'Check failed',
        detail: `What "${name}" gave is not as the plan expects: ${inner.trim()}`,
      },
    },
    metadata: { [checkOf]: name },
  }
}

const head = { dsl: '1.0.3', namespace: 'nexus', name: 'check', version: '1.0.0' }

/** A document whose input is `{output}`: it gives whether that is as expected, or faults. */
export function checkDocument(expect: Json): JsonObject {
  if (typeof expect !== 'string') {
    const held = { set: '${ .output }', output: { schema: { format: 'json', document: expect } } }
    return {
      document: head,
      do: [{ check: held }, { result: { set: { ok: true }, output: { as: '${ .ok }' } } }],
    }
  }
  const ok = `\${ {ok: (.output | (${innerOf(expect)}\n) | not | not)} }`
  return { document: head, do: [{ check: { set: ok, output: { as: '${ .ok }' } } }] }
}

function innerOf(expression: string): string {
  return /^\s*\$\{([\s\S]*)\}\s*$/.exec(expression)?.[1] ?? expression
}
