/**
 * What the library has, as the wire says it: keys in snake_case, moments in ISO 8601, null where there is nothing.
 */
import type {
  Forgotten as WireForgotten,
  Module,
  RunSummary,
  Workflow,
  Generation as WireGeneration,
  Receipt as WireReceipt,
} from '@nexus/api'
import type {
  DeployedWorkflow,
  Forgotten,
  ModuleInfo,
  RunSummary as Summary,
  Receipt,
  StoredGeneration,
} from '@nexus/nexus'
import type { JsonObject } from '@nexus/sdk'

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

function isoOrNull(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : iso(timeMs)
}

export function forgottenToWire({ runs, events, blobs: { count, bytes } }: Forgotten): WireForgotten {
  return { runs, events, blobs: count, blob_bytes: bytes }
}

export function runToWire({
  id,
  status,
  workflow,
  createdAt,
  parent,
  priority,
  startedAt,
  endedAt,
}: Summary): RunSummary {
  const { namespace, name, version } = workflow
  return {
    id,
    status,
    workflow: { namespace, name, version },
    created_at: iso(createdAt),
    parent: parent?.run ?? null,
    priority,
    started_at: isoOrNull(startedAt),
    ended_at: isoOrNull(endedAt),
  }
}

export function workflowToWire({ deployedAt, nextAt, schedule, ...deployed }: DeployedWorkflow): Workflow {
  const { namespace, name, version, key, document } = deployed
  return {
    namespace,
    name,
    version,
    key,
    document,
    schedule: (schedule as JsonObject | undefined) ?? null,
    deployed_at: iso(deployedAt),
    next_at: isoOrNull(nextAt),
  }
}

export function moduleToWire(module: ModuleInfo): Module {
  const { id, version, type, name, description, state, artifact, provides, host, folder, problems } = module
  const { source, passed_over: others, in_flight, versions } = module
  return {
    id,
    version: version ?? null,
    type,
    name,
    description,
    state,
    artifact: artifact ?? null,
    provides: provides.map(({ served_by: by, ...task }) => ({ ...task, served_by: by ?? null })),
    host: host ?? null,
    folder,
    source,
    passed_over: others.map((other) => ({ ...other, version: other.version ?? null })),
    in_flight,
    versions,
    problems,
  }
}

export function receiptToWire({ at, ms, ...receipt }: Receipt): WireReceipt {
  return { ...receipt, ms: { ...ms }, at: new Date(at).toISOString() }
}

export function generationToWire({ number, at, modules }: StoredGeneration, current: number): WireGeneration {
  return {
    number,
    at: new Date(at).toISOString(),
    current: number === current,
    modules: Object.entries(modules).map(([id, { manifest, artifact }]) => ({
      id,
      version: manifest.version,
      artifact,
    })),
  }
}
