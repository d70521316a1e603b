/**
 * What happens to modules as CloudEvents, of the form that the lifecycle events of runs have, so that one stream tells
 * both. The types are `nexus.modules.<what>.v1`; nothing of it is kept, so their ids only tell one from another.
 */
import type { LifecycleEvent } from '@nexus/engine'
import type { ModuleEvent } from '@nexus/kernel'
import { randomUUID } from 'node:crypto'

/** Ids count on from event to event. */
export function moduleTeller(): (event: ModuleEvent) => LifecycleEvent {
  const session = randomUUID()
  let count = 0
  return (event) => toCloudEvent(event, `${session}/${++count}`)
}

function toCloudEvent(
  { kind, at, module, generation, changed, detail }: ModuleEvent,
  id: string,
): LifecycleEvent {
  return {
    specversion: '1.0',
    id,
    source: 'nexus/modules',
    type: `nexus.modules.${kind}.v1`,
    subject: module?.id ?? '/',
    time: new Date(at).toISOString(),
    datacontenttype: 'application/json',
    data: {
      ...(module && { module: module.id, version: module.version, artifact: module.artifact }),
      ...(generation !== undefined && { generation }),
      ...(changed && { changed: changed.map((each) => ({ ...each })) }),
      ...(detail !== undefined && { detail }),
    },
  }
}
