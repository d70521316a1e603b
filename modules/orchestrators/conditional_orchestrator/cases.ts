/** Reads the cases of a `switch` as the specification writes them, `[{name: {when?, then}}, …]`. Evaluates nothing. */
import { isJsonObject, TaskFault, type Json } from '@nexus/sdk'

export interface Case {
  readonly name: string
  /** The condition; the default case has none. */
  readonly when?: string
  /** A flow directive. */
  readonly then: string
}

export function readCases(definition: Json): readonly Case[] {
  const list = isJsonObject(definition) ? definition['switch'] : undefined
  if (!Array.isArray(list)) throw TaskFault.of('configuration', 'A `switch` task needs a list of cases.')
  const cases = list.map(readCase)
  const [first, second] = cases.filter(({ when }) => when === undefined)
  if (first && second) {
    throw TaskFault.of(
      'configuration',
      `A switch has one default case; "${first.name}" and "${second.name}" both have no \`when\`.`,
    )
  }
  return cases
}

function readCase(entry: Json, index: number): Case {
  const [[name, body] = [], ...more] = isJsonObject(entry) ? Object.entries(entry) : []
  if (name === undefined || more.length > 0 || !isJsonObject(body)) {
    throw wrong(index, 'a case is written as an object with one key, its name')
  }
  const { when, then } = body
  if (typeof then !== 'string') throw wrong(index, `case "${name}" needs a \`then\``)
  if (when === undefined) return { name, then }
  if (typeof when !== 'string') throw wrong(index, `\`when\` of case "${name}" must be an expression`)
  return { name, when, then }
}

function wrong(index: number, why: string): TaskFault {
  return TaskFault.of('configuration', `/switch/${index}: ${why}.`)
}
