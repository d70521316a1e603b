/** JSON Schema as far as answers need it: whether a schema is one, and where a value breaks it. It throws faults alone. */
import { TaskFault, whyNotJson, type Json, type JsonObject } from '@nexus/sdk'
import { Errors, Meta } from 'typebox/schema'

const draft = Meta['https://json-schema.org/draft/2020-12/schema']
/** How many of the places where something breaks a schema are told. */
const errorsToldMax = 5

/** A schema that is none is found before anybody pays for an answer. */
export function requireSchema(schema: JsonObject): void {
  const why = whyNotJson(schema) === undefined ? breaches(draft, schema) : ['it is nested too deep']
  if (why.length > 0) throw notASchema(why.join('; '))
}

/** In words that begin with the place. */
export function breachesOf(schema: JsonObject, value: Json): readonly string[] {
  try {
    return breaches(schema, value)
  } catch (error) {
    // An expression that is none, or a reference that leads to itself.
    throw notASchema(error instanceof Error ? error.message : String(error))
  }
}

function breaches(schema: JsonObject | typeof draft, value: Json): readonly string[] {
  const [, errors] = Errors(schema, value)
  return errors
    .slice(0, errorsToldMax)
    .map(({ instancePath, message }) => `${instancePath === '' ? '/' : instancePath} ${message}`)
}

function notASchema(why: string): TaskFault {
  return TaskFault.of('validation', `The argument response_schema is no JSON Schema: ${why.slice(0, 500)}.`)
}
