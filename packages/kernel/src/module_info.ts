/**
 * What is said of a module to a person: what it is, whether it serves, and what is wrong with it.
 */
import type { ModuleType, ProvidedTask } from '@nexus/sdk'
import type { FoundModule } from './discover.ts'
import type { ServedGeneration } from './generation.ts'
import type { LiveVersion } from './live_versions.ts'
import type { Problem } from './problem.ts'

export interface ModuleInfo {
  readonly id: string
  /** As the manifest says; undefined where it says none. */
  readonly version: string | undefined
  readonly type: ModuleType
  readonly name: string
  readonly description: string
  /** `loaded`: it has an instance that serves. `available`: it can be loaded. `faulty`: it cannot, see `problems`. */
  readonly state: 'available' | 'loaded' | 'faulty'
  /** The sha-256 of its artifact, in hex; undefined where it has none. */
  readonly artifact: string | undefined
  readonly provides: readonly ProvidedInfo[]
  /** The host that it runs in; undefined where none would take it. */
  readonly host: string | undefined
  readonly folder: string
  /** Tasks that the version that serves has under way. */
  readonly in_flight: number
  /** What there is of it side by side at the moment. */
  readonly versions: readonly LiveVersion[]
  readonly problems: readonly Problem[]
}

export interface ProvidedInfo extends ProvidedTask {
  /** The id of the module that gets this task: this one, or another that provides it too and comes before. */
  readonly served_by: string | undefined
}

export function describeModule(
  found: FoundModule,
  generation: ServedGeneration,
  staged: readonly Problem[],
  versions: readonly LiveVersion[],
): ModuleInfo {
  const duplicate = found.problems.length > 0
  const slot = duplicate ? undefined : generation.slots.get(found.id)
  const failure = slot?.failure
  const problems = [
    ...found.problems,
    ...found.missing,
    ...staged.filter((problem) => !found.missing.includes(problem)),
    ...(failure === undefined ? [] : [found.problemAt('/entry_points/main', failure.message)]),
  ]
  return {
    ...wordsOf(found),
    id: found.id,
    type: found.type,
    state: stateOf(found, { loaded: slot?.loaded === true, failed: failure !== undefined, staged }),
    artifact: slot?.artifact.digest,
    provides: (found.manifest?.provides ?? []).map((provided) => withServer(provided, generation)),
    host: slot?.host.name,
    folder: found.folder,
    in_flight: slot?.inFlight ?? 0,
    versions,
    problems,
  }
}

function withServer(provided: ProvidedTask, generation: ServedGeneration): ProvidedInfo {
  return { ...provided, served_by: generation.routes.get(provided.task)?.module }
}

function wordsOf({ draft, id }: FoundModule): Pick<ModuleInfo, 'version' | 'name' | 'description'> {
  const text = (key: string): string | undefined => {
    const value = draft[key]
    return typeof value === 'string' ? value : undefined
  }
  return { version: text('version'), name: text('name') ?? id, description: text('description') ?? '' }
}

/** A module that waits for its first use is not faulty for lacking a file: it is told when it is loaded. */
function stateOf(
  found: FoundModule,
  { loaded, failed, staged }: { loaded: boolean; failed: boolean; staged: readonly Problem[] },
): ModuleInfo['state'] {
  if (loaded) return 'loaded'
  if (found.manifest === undefined || failed) return 'faulty'
  const waits = found.manifest.behavior?.auto_load === false
  return staged.length > 0 && !waits ? 'faulty' : 'available'
}
