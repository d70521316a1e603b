/**
 * The catalogue that a plan may draw on: which capabilities there are, and what of theirs a planner reads. It knows what
 * the engine does by itself, which no module provides.
 */
import { isJsonObject, nearest, TaskFault, type Json, type JsonObject } from '@nexus/sdk'

export interface Capability {
  readonly task: string
  readonly description: string
  readonly inputSchema: Json
  readonly outputSchema: Json
  /** Patterns that it brings for goals, as in `patterns.json`. */
  readonly patterns: readonly Json[]
}

export interface Catalogue {
  readonly capabilities: readonly Capability[]
  has(task: string): boolean
  get(task: string): Capability | undefined
  nearest(task: string): string | undefined
}

/** What the engine does without a module. */
export const primitives: ReadonlySet<string> = new Set([
  'set',
  'wait',
  'raise',
  'emit',
  'listen',
  'run.workflow',
])

/** Entries that a catalogue may have. */
const capabilitiesMax = 10_000

/** Reads what `service_router.capabilities` gives, or what was handed in. Unhealthy capabilities are not there. */
export function catalogueOf(given: Json): Catalogue {
  if (!Array.isArray(given) || given.length > capabilitiesMax)
    throw TaskFault.of(
      'validation',
      `\`capabilities\` must be a list of at most ${capabilitiesMax} capabilities.`,
    )
  const capabilities = given.flatMap((entry: Json) => {
    const capability = readCapability(entry)
    return capability ? [capability] : []
  })
  const known = new Map(capabilities.map((capability) => [capability.task, capability]))
  return {
    capabilities,
    has: (task) => primitives.has(task) || known.has(task),
    get: (task) => known.get(task),
    nearest: (task) => nearest(task, known.keys()),
  }
}

function readCapability(entry: Json): Capability | undefined {
  if (!isJsonObject(entry) || typeof entry['task'] !== 'string')
    throw TaskFault.of('validation', 'Each of `capabilities` must be an object with the name of its `task`.')
  if (entry['healthy'] === false) return undefined
  return {
    task: entry['task'],
    description: text(entry, 'description'),
    inputSchema: entry['input_schema'] ?? true,
    outputSchema: entry['output_schema'] ?? true,
    patterns: Array.isArray(entry['patterns']) ? entry['patterns'] : [],
  }
}

function text(entry: JsonObject, key: string): string {
  const value = entry[key]
  return typeof value === 'string' ? value : ''
}
