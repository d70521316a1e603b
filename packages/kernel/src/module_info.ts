/**
 * What is said of a module to a person: what it is, whether it serves, and what is wrong with it.
 */
import type { ModuleType, ProvidedTask } from '@nexus/sdk'
import { isSame, passedOver, type PassedOver } from './choosing/passed_over.ts'
import type { Wishes } from './choosing/wishes.ts'
import type { FoundModule } from './discover.ts'
import type { ServedGeneration } from './generation.ts'
import type { LiveVersion } from './live_versions.ts'
import type { Problem } from './problem.ts'
import type { Candidate } from './stage.ts'

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
  /** What the source is called that it is from: a folder's name, or `store` for what served before. */
  readonly source: string
  /** Other candidates for it, and why they do not serve. */
  readonly passed_over: readonly PassedOver[]
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

export interface DescribeParts {
  readonly found: readonly FoundModule[]
  /** What was chosen of each module, by id. */
  readonly serving: ReadonlyMap<string, Candidate>
  readonly generation: ServedGeneration
  /** What keeps a candidate from serving. */
  readonly problemsOf: (candidate: FoundModule) => readonly Problem[]
  /** What the source of a candidate is called. */
  readonly nameOf: (candidate: FoundModule) => string
  readonly wanted: NonNullable<Wishes['modules']>
  readonly versionsOf: (id: string) => readonly LiveVersion[]
}

/** One entry for each module, whether it serves or not: of what serves, or of the nearest that there is. */
export function describeModules(parts: DescribeParts): readonly ModuleInfo[] {
  const { found, serving } = parts
  const ids = new Set([...found.map(({ id }) => id), ...serving.keys()])
  return [...ids].flatMap((id) => {
    const here = found.filter((module) => module.id === id)
    const shown = serving.get(id) ?? here.at(-1)
    return shown ? [describeModule(shown, here, parts)] : []
  })
}

function describeModule(shown: FoundModule, here: readonly FoundModule[], parts: DescribeParts): ModuleInfo {
  const { generation, problemsOf, nameOf } = parts
  const slot = generation.slots.get(shown.id)
  const failure = slot?.failure
  const staged = problemsOf(shown)
  const others = here.filter((other) => !isSame(other, shown))
  const problems = [
    ...[shown, ...others].flatMap((each) => [...each.problems, ...each.missing, ...problemsOf(each)]),
    ...(failure === undefined ? [] : [shown.problemAt('/entry_points/main', failure.message)]),
  ]
  return {
    ...wordsOf(shown),
    id: shown.id,
    type: shown.type,
    state: stateOf(shown, { loaded: slot?.loaded === true, failed: failure !== undefined, staged }),
    artifact: slot?.artifact.digest,
    provides: (shown.manifest?.provides ?? []).map((provided) => withServer(provided, generation)),
    host: slot?.host.name,
    folder: shown.folder,
    source: nameOf(shown),
    passed_over: passedOver(shown, others, parts),
    in_flight: slot?.inFlight ?? 0,
    versions: parts.versionsOf(shown.id),
    problems: [...new Set(problems)],
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
