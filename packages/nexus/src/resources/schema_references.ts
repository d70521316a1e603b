/**
 * References of a JSON Schema that lead out of it. A schema is kept whole with the run; what it leaves elsewhere
 * would not be there, and every value would be refused. Pure.
 */
import { isJsonObject, type Json } from '@nexus/sdk'

/** Keywords whose values are data, in which a member of any name means nothing. */
const data = new Set(['const', 'enum', 'default', 'examples', 'example'])

/** The first reference to another resource, if there is one. */
export function foreignReference(schema: Json): string | undefined {
  const references = new Set<string>()
  const identities = new Set<string>()
  collect(schema, references, identities)
  const base = isJsonObject(schema) && typeof schema['$id'] === 'string' ? schema['$id'] : undefined
  const absolute = new Set([...identities].map((identity) => resolved(identity, base)))
  return [...references].find((reference) => {
    const [target = ''] = reference.split('#')
    return target !== '' && !identities.has(target) && !absolute.has(resolved(target, base))
  })
}

function collect(value: Json, references: Set<string>, identities: Set<string>): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) {
    if (data.has(key)) continue
    if ((key === '$ref' || key === '$dynamicRef') && typeof member === 'string') references.add(member)
    else if (key === '$id' && typeof member === 'string') identities.add(member)
    else collect(member, references, identities)
  }
}

function resolved(reference: string, base: string | undefined): string {
  return URL.parse(reference, base)?.href ?? reference
}
