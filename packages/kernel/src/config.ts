/**
 * The configuration of a module: its `config_schema`'s defaults filled in, the rest checked against that schema.
 */
import type { JsonObject, Manifest } from '@nexus/sdk'
import { fillDefaults, violations } from './schema.ts'

export type ConfigReading = { readonly config: JsonObject } | { readonly problems: readonly string[] }

/** The configuration that a module gets, or what is wrong with the given one, each with its JSON pointer. */
export function readConfig(manifest: Manifest, given: JsonObject): ConfigReading {
  const schema = manifest.config_schema
  if (schema === undefined) return { config: given }
  const config = fillDefaults({ type: 'object', ...schema }, given) as JsonObject
  const problems = violations({ type: 'object', ...schema }, config).map(({ pointer, message, hint }) => {
    const place = `Configuration of module "${manifest.id}" at ${pointer === '' ? 'the top' : pointer}`
    return `${place}: ${message}${hint === undefined ? '' : ` ${hint}`}`
  })
  return problems.length === 0 ? { config } : { problems }
}
