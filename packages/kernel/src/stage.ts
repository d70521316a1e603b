/**
 * Brings modules from what was found to slots that can serve: configuration checked, artifact built, host chosen, started
 * where the manifest wants that. A module that cannot be brought there is left out with its problems, and so is whoever
 * depends on it; the others are not touched by it. A module that is up already keeps its slot. Nothing here makes
 * anything live.
 */
import type { JsonObject, Manifest } from '@nexus/sdk'
import type { Artifact, ArtifactStore } from './artifact.ts'
import type { Builder } from './build.ts'
import { readConfig } from './config.ts'
import type { FoundModule } from './discover.ts'
import { slotKey, type Fleet } from './fleet.ts'
import { ModuleFailure, type Host, type HostedModule } from './host.ts'
import { languageOf, type Language } from './manifest.ts'
import { missingNpmPackages } from './missing_packages.ts'
import type { Problem } from './problem.ts'
import { kernelModules } from './resolution/kernel_modules.ts'
import { dependenciesOf } from './resolution/manifest_requirements.ts'
import { startOrder } from './resolution/start_order.ts'
import { thisMachine, unmetRequirements } from './requirements.ts'
import type { RecordedTasks } from './recorded_tasks.ts'
import { Slot } from './slot.ts'
import { StateLine } from './state_line.ts'

/**
 * Which host a module runs in, by its name; undefined for the first that runs its language. It is the policy of whoever
 * opens the kernel, never the manifest's.
 */
export type Placement = (module: {
  readonly id: string
  readonly folder: string
  readonly language: Language
}) => string | undefined

export interface StageOptions {
  readonly builder: Builder
  readonly store: ArtifactStore
  readonly fleet: Fleet
  readonly hosts: readonly Host[]
  readonly placement: Placement
  readonly recorded: RecordedTasks
  /** Nothing starts before its first task. */
  readonly lazy: boolean
  readonly config: Readonly<Record<string, JsonObject>>
  /** What every module is hosted with. */
  readonly services: (
    manifest: Manifest,
    line: StateLine,
  ) => Omit<HostedModule, 'manifest' | 'artifact' | 'config' | 'folder'>
}

export interface Candidate extends FoundModule {
  readonly manifest: Manifest
  /** Taken from the store as it is, with its configuration, where it served before; else it is built. */
  readonly stored?: { readonly artifact: string; readonly config: JsonObject }
  /** The line of its state; 0, the first, where it is not there. */
  readonly line?: number
}

/** A candidate with all that a slot needs, not yet started. */
export interface Prepared {
  readonly candidate: Candidate
  readonly host: Host
  readonly artifact: Artifact
  readonly config: JsonObject
}

export interface Staged {
  readonly slots: readonly Slot[]
  readonly problems: ReadonlyMap<string, readonly Problem[]>
  /** Of each module that did not start, the ids of those that it may be for, itself last: what it depends on starts with it. */
  readonly failed: ReadonlyMap<string, readonly string[]>
}

/** Checks and builds. Order is kept; those that cannot be used are not in it. */
export async function prepare(
  candidates: readonly Candidate[],
  options: StageOptions,
): Promise<{
  readonly prepared: readonly Prepared[]
  readonly problems: ReadonlyMap<string, readonly Problem[]>
}> {
  const outcomes = await Promise.all(candidates.map((candidate) => prepareOne(candidate, options)))
  const problems = new Map<string, readonly Problem[]>()
  const prepared: Prepared[] = []
  for (const [index, outcome] of outcomes.entries()) {
    const candidate = candidates[index]
    if ('problems' in outcome && candidate) problems.set(candidate.id, outcome.problems)
    else if ('host' in outcome) prepared.push(outcome)
  }
  return { prepared, problems }
}

async function prepareOne(
  candidate: Candidate,
  options: StageOptions,
): Promise<Prepared | { problems: readonly Problem[] }> {
  const { id, manifest, folder, stored } = candidate
  if (stored) return prepareStored(candidate, options)
  const host = chooseHost(candidate, options)
  if (!('name' in host)) return { problems: [...candidate.missing, host] }
  const unmet = unmetRequirements(manifest, candidate.problemAt, thisMachine())
  const missing = [...candidate.missing, ...missingNpmPackages(candidate), ...unmet]
  if (missing.length > 0) return { problems: missing }
  const reading = readConfig(manifest, options.config[id] ?? {})
  if ('problems' in reading) {
    return { problems: reading.problems.map((message) => candidate.problemAt('/config_schema', message)) }
  }
  const built = await options.builder.build({ folder, manifest })
  return 'problems' in built ? built : { candidate, host, artifact: built.artifact, config: reading.config }
}

/** What served before, as it was; nothing is built, and of what is up nothing is read. */
export function prepareStored(
  candidate: Candidate,
  options: StageOptions,
): Prepared | { problems: readonly Problem[] } {
  const { manifest, stored, line } = candidate
  const up = stored && options.fleet.get(slotKey(manifest, stored.artifact, stored.config, line))
  if (up && !up.retired) return { candidate, host: up.host, artifact: up.artifact, config: up.config }
  const host = chooseHost(candidate, options)
  return 'name' in host ? fromStore(candidate, host, options.store) : { problems: [host] }
}

function fromStore(
  candidate: Candidate,
  host: Host,
  store: ArtifactStore,
): Prepared | { problems: readonly Problem[] } {
  const { artifact: digest = '', config = {} } = candidate.stored ?? {}
  const artifact = store.get(digest)
  if (artifact) return { candidate, host, artifact, config }
  const message = `The artifact ${digest} of "${candidate.id}" ${candidate.manifest.version} is not in the store any more.`
  return { problems: [candidate.problemAt('/entry_points/main', message)] }
}

function chooseHost(
  { id, folder, manifest, problemAt }: Candidate,
  { hosts, placement }: StageOptions,
): Host | Problem {
  const { main } = manifest.entry_points
  const language = languageOf(main)
  const fits = hosts.filter((host) => language !== undefined && host.runs(language))
  const place = language && placement({ id, folder, language })
  const host = place === undefined ? fits[0] : fits.find(({ name }) => name === place)
  if (host === undefined)
    return problemAt(
      '/entry_points/main',
      `No host here runs "${main}" (${language ?? 'an unknown language'}).`,
    )
  return refusedSecrets(manifest, host, problemAt) ?? host
}

/** Every secret there is goes to none that runs apart because it is not trusted. */
function refusedSecrets(
  { id, permissions }: Manifest,
  host: Host,
  problemAt: Candidate['problemAt'],
): Problem | undefined {
  const at = permissions?.secrets?.indexOf('*') ?? -1
  if (at === -1 || host.isTrusted === true) return undefined
  return problemAt(
    `/permissions/secrets/${at}`,
    `"*" would let "${id}" read every secret, and it is not one of the modules that are trusted so far.`,
    'List the secrets that it needs by their names: secrets: [github_token].',
  )
}

/** Slots for modules, started each after all that it depends on. Throws `ModuleFailure` for a circle. */
export async function stage(prepared: readonly Prepared[], options: StageOptions): Promise<Staged> {
  const slots = new Map<string, Slot>()
  const problems = new Map<string, readonly Problem[]>()
  const failed = new Map<string, readonly string[]>()
  for (const parts of inStartOrder(prepared)) {
    const { candidate } = parts
    const slot = slotFor(parts, (other) => slots.get(other), options)
    const outcome = slot instanceof Slot ? await startIfDue(slot, candidate, options) : slot
    if (outcome instanceof Slot) slots.set(candidate.id, outcome)
    else problems.set(candidate.id, outcome)
    if (slot instanceof Slot && !(outcome instanceof Slot)) failed.set(candidate.id, suspectsIn(slot))
  }
  return { slots: [...slots.values()], problems, failed }
}

function suspectsIn({ dependencies, manifest }: Slot): readonly string[] {
  const failing = dependencies.filter(({ failure }) => failure !== undefined)
  return [...failing.flatMap(suspectsIn), manifest.id]
}

function inStartOrder(prepared: readonly Prepared[]): readonly Prepared[] {
  const byId = new Map(prepared.map((parts) => [parts.candidate.id, parts]))
  const needs = [...byId].map(([id, { candidate }]) => [id, dependenciesOf(candidate.manifest)] as const)
  const order = startOrder(new Map(needs))
  if (order.kind === 'circle') throw new ModuleFailure(order.message)
  return order.ids.flatMap((id) => byId.get(id) ?? [])
}

/** What waits for its first use starts all the same in the place of a version that is up: one that serves is not lost to it. */
async function startIfDue(
  slot: Slot,
  candidate: Candidate,
  { fleet, lazy }: StageOptions,
): Promise<Slot | readonly Problem[]> {
  const { id, manifest } = candidate
  const waits = lazy || manifest.behavior?.auto_load === false
  const isUsed = fleet.slots.some((each) => each.loaded && each.manifest.id === id)
  return waits && !isUsed ? slot : startNow(slot, candidate)
}

/** The slot of a module, also where it is up already; problems where it depends on what is not there. */
export function slotFor(
  { candidate, host, artifact, config }: Prepared,
  slotOf: (id: string) => Slot | undefined,
  { services, fleet, recorded }: StageOptions,
): Slot | readonly Problem[] {
  const { manifest, folder, source } = candidate
  const key = slotKey(manifest, artifact.digest, config, candidate.line)
  const known = fleet.get(key)
  if (known && !known.retired) return known
  const dependencies: Slot[] = []
  for (const { id, pointer, optional } of dependenciesOf(manifest)) {
    // What is optional starts before it where both start at once, and keeps nobody from starting.
    if (optional === true) continue
    const slot = slotOf(id)
    if (slot !== undefined) dependencies.push(slot)
    else if (!kernelModules.has(id))
      return [candidate.problemAt(pointer, `Needs "${id}", which cannot be used itself.`)]
  }
  const line = new StateLine(manifest.id, candidate.line)
  const hosted = { manifest, artifact, config, folder, ...services(manifest, line) }
  const started = (each: Slot): void => fleet.started(each)
  const slot = new Slot({ host, hosted, source, recorded, line, dependencies, started })
  fleet.add(key, slot)
  return slot
}

async function startNow(slot: Slot, { problemAt }: Candidate): Promise<Slot | readonly Problem[]> {
  try {
    await slot.start()
    return slot
  } catch (error) {
    if (error instanceof ModuleFailure) return [problemAt('/entry_points/main', error.message)]
    throw error
  }
}
