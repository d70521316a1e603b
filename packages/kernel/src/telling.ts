/** What happens to modules, told to whoever listens to the kernel. It decides nothing. */
import type { Fleet } from './fleet.ts'
import type { Lineage } from './lineage.ts'
import type { ModuleEvent, ModuleEvents } from './module_events.ts'
import type { Receipt } from './receipt.ts'
import type { Slot } from './slot.ts'

/** What has started beside what is seen. */
export function tellStaged(events: ModuleEvents, fleet: Fleet, lineage: Lineage): void {
  const seen = lineage.needed()
  for (const slot of fleet.slots) {
    if (!seen.has(slot) && !slot.retired) events.tell({ kind: 'staged', module: aboutSlot(slot) })
  }
}

export function tellReceipt(
  events: ModuleEvents,
  { generation, before, changed, ms, problems }: Receipt,
): void {
  const live = generation < before ? 'rolled_back' : 'committed'
  const kind = ms.drain === undefined ? live : 'drained'
  const detail = problems.length > 0 && { detail: problems.join('\n') }
  events.tell({ kind, generation, changed, ...detail })
}

export function tellCrash(events: ModuleEvents, fleet: Fleet, id: string, detail: string): void {
  const slot = fleet.slots.find(({ manifest }) => manifest.id === id)
  events.tell({ kind: 'crashed', detail, ...(slot && { module: aboutSlot(slot) }) })
}

export function aboutSlot({ manifest, artifact }: Slot): NonNullable<ModuleEvent['module']> {
  return { id: manifest.id, version: manifest.version, artifact: artifact.digest }
}
