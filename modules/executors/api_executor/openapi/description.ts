/**
 * From the text of an OpenAPI document (JSON or YAML; 2.0, 3.0 or 3.1) to its operations by their ids. It looks into no
 * operation before that is asked for, so that a fault elsewhere in the document is nobody's trouble.
 */
import { isJsonObject, nearest, TaskFault, type Json, type JsonObject } from '@nexus/sdk'
import { placeOf } from '../resource.ts'
import { readJson } from '../json_text.ts'
import { follow } from './references.ts'

export interface Description {
  /** Where it was found, after redirects: relative servers are meant from there. */
  readonly address: URL
  readonly version: Version
  readonly root: JsonObject
  readonly operations: ReadonlyMap<string, DescribedOperation>
}

export const versions = ['2.0', '3.0', '3.1'] as const
export type Version = (typeof versions)[number]

/** An operation as it is written, beside what its path has for all of its operations. */
export interface DescribedOperation {
  readonly id: string
  /** In upper case. */
  readonly method: string
  /** With its parameters in braces. */
  readonly path: string
  readonly item: JsonObject
  readonly operation: JsonObject
}

/** All but TRACE, which HTTP clients do not send. */
const methods = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] as const

/** How many ids an error names. */
const namedMax = 3

export async function describe(text: string, address: URL): Promise<Description> {
  const root = await parse(text, address)
  const version = versionOf(root, address)
  return { address, version, root, operations: operationsOf(root) }
}

export function findOperation({ operations, address }: Description, id: string): DescribedOperation {
  const found = operations.get(id)
  if (found) return found
  throw TaskFault.of(
    'validation',
    `${placeOf(address)} has no operation "${id}". ${hintOf(id, [...operations.keys()])}`,
  )
}

async function parse(text: string, address: URL): Promise<JsonObject> {
  const root = /^\s*[[{]/.test(text) ? parseJson(text, address) : await parseYaml(text, address)
  if (isJsonObject(root)) return root
  throw notOpenApi(address, 'it is not an object')
}

function parseJson(text: string, address: URL): unknown {
  try {
    return readJson(text)
  } catch (error) {
    throw notOpenApi(address, `it begins as JSON and is not (${messageOf(error)})`, error)
  }
}

async function parseYaml(text: string, address: URL): Promise<unknown> {
  const { readYaml } = await import('./yaml.ts')
  try {
    return readYaml(text)
  } catch (error) {
    throw notOpenApi(address, `it is neither JSON nor YAML that can be read (${messageOf(error)})`, error)
  }
}

function versionOf(root: JsonObject, address: URL): Version {
  const named = root['openapi'] ?? root['swagger']
  if (typeof named !== 'string' && typeof named !== 'number') {
    throw notOpenApi(address, 'it has neither `openapi` nor `swagger`, which say the version')
  }
  // YAML reads an unquoted 2.0 as the number 2.
  const short = named === 2 || named === 3 ? `${named}.0` : /^\d+\.\d+/.exec(String(named))?.[0]
  const version = versions.find((known) => known === short)
  if (version !== undefined && (version === '2.0') === (root['openapi'] === undefined)) return version
  throw notOpenApi(address, `version "${named}" is not one of those that are read: ${versions.join(', ')}`)
}

function operationsOf(root: JsonObject): Map<string, DescribedOperation> {
  const operations = new Map<string, DescribedOperation>()
  const { paths } = root
  for (const [path, written] of Object.entries(isJsonObject(paths) ? paths : {})) {
    const item = itemOf(root, written)
    for (const method of methods) {
      const operation = item[method]
      if (!isJsonObject(operation)) continue
      const id = operation['operationId']
      if (typeof id !== 'string' || operations.has(id)) continue
      operations.set(id, { id, method: method.toUpperCase(), path, item, operation })
    }
  }
  return operations
}

/** A path may be written elsewhere in part. Where its reference is broken, the document's other paths still serve. */
function itemOf(root: JsonObject, written: Json): JsonObject {
  if (!isJsonObject(written)) return {}
  if (written['$ref'] === undefined) return written
  try {
    return { ...follow(root, written), ...written }
  } catch (error) {
    if (error instanceof TaskFault) return written
    throw error
  }
}

/** The ids that are nearest; where none is near, the first. */
function hintOf(id: string, known: readonly string[]): string {
  const near: string[] = []
  while (near.length < namedMax) {
    const next = nearest(
      id,
      known.filter((candidate) => !near.includes(candidate)),
    )
    if (next === undefined) break
    near.push(next)
  }
  if (near.length > 0) return `Did you mean ${near.map((name) => `"${name}"`).join(' or ')}?`
  if (known.length === 0) return 'None of its operations has an `operationId`.'
  const more = known.length > namedMax ? ` and ${known.length - namedMax} more` : ''
  return `It has ${known.slice(0, namedMax).join(', ')}${more}.`
}

function notOpenApi(address: URL, why: string, cause?: unknown): TaskFault {
  return TaskFault.of(
    'configuration',
    `${placeOf(address)} is not an OpenAPI document that can be used: ${why}.`,
    { cause },
  )
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}
