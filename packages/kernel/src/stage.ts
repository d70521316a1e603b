/**
 * Brings modules from what was found to slots that can serve: configuration checked, artifact built, host chosen, started
 * where the manifest wants that. A module that cannot be brought there is left out with its problems, and so is whoever
 * depends on it; the others are not touched by it. Nothing here makes anything live.
 */
import type { JsonObject, Manifest } from '@nexus/sdk'
import type { Artifact } from './artifact.ts'
import type { Builder } from './build.ts'
import { readConfig } from './config.ts'
import type { FoundModule } from './discover.ts'
import { ModuleFailure, type Host, type HostedModule } from './host.ts'
import { languageOf } from './manifest.ts'
import { missingNpmPackages } from './missing_packages.ts'
import type { Problem } from './problem.ts'
import { dependenciesOf, kernelModules } from './resolve.ts'
import { Slot } from './slot.ts'

export interface StageOptions {
  readonly builder: Builder
  readonly hosts: readonly Host[]
  readonly config: Readonly<Record<string, JsonObject>>
  /** What every module is hosted with. */
  readonly services: (manifest: Manifest) => Pick<HostedModule, 'clock' | 'log' | 'secrets' | 'deadlines'>
  readonly started: (slot: Slot) => void
}

export interface Candidate extends FoundModule {
  readonly manifest: Manifest
}

export interface Staged {
  readonly slots: readonly Slot[]
  readonly problems: ReadonlyMap<string, readonly Problem[]>
}

/** `candidates` come each after all that it depends on, and are started in that order. */
export async function stage(candidates: readonly Candidate[], options: StageOptions): Promise<Staged> {
  const prepared = await Promise.all(candidates.map((candidate) => prepare(candidate, options)))
  const slots = new Map<string, Slot>()
  const problems = new Map<string, readonly Problem[]>()
  for (const [index, candidate] of candidates.entries()) {
    const parts = prepared[index]
    if (parts === undefined) continue
    const outcome = 'problems' in parts ? parts.problems : await makeSlot(candidate, parts, slots, options)
    if (outcome instanceof Slot) slots.set(candidate.id, outcome)
    else problems.set(candidate.id, outcome)
  }
  return { slots: [...slots.values()], problems }
}

type Parts = { host: Host; artifact: Artifact; config: JsonObject } | { problems: readonly Problem[] }

async function prepare(candidate: Candidate, options: StageOptions): Promise<Parts> {
  const { id, manifest, folder } = candidate
  const host = chooseHost(candidate, options.hosts)
  if (!('name' in host)) return { problems: [...candidate.missing, host] }
  const missing = [...candidate.missing, ...missingNpmPackages(candidate)]
  if (missing.length > 0) return { problems: missing }
  const reading = readConfig(manifest, options.config[id] ?? {})
  if ('problems' in reading) {
    return { problems: reading.problems.map((message) => candidate.problemAt('/config_schema', message)) }
  }
  const built = await options.builder.build({ folder, manifest })
  return 'problems' in built ? built : { host, artifact: built.artifact, config: reading.config }
}

function chooseHost({ manifest, problemAt }: Candidate, hosts: readonly Host[]): Host | Problem {
  const { main } = manifest.entry_points
  const language = languageOf(main)
  const host = hosts.find((host) => language !== undefined && host.runs(language))
  return (
    host ??
    problemAt('/entry_points/main', `No host here runs "${main}" (${language ?? 'an unknown language'}).`)
  )
}

async function makeSlot(
  candidate: Candidate,
  { host, artifact, config }: Exclude<Parts, { problems: unknown }>,
  slots: ReadonlyMap<string, Slot>,
  { services, started }: StageOptions,
): Promise<Slot | readonly Problem[]> {
  const { manifest, folder, source } = candidate
  const dependencies: Slot[] = []
  for (const { id, pointer } of dependenciesOf(manifest)) {
    const slot = slots.get(id)
    if (slot !== undefined) dependencies.push(slot)
    else if (!kernelModules.has(id))
      return [candidate.problemAt(pointer, `Needs "${id}", which cannot be used itself.`)]
  }
  const hosted = { manifest, artifact, config, folder, ...services(manifest) }
  const slot = new Slot({ host, hosted, source, dependencies, started })
  return manifest.behavior?.auto_load === false ? slot : startNow(slot, candidate)
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
