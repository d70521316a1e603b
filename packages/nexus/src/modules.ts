/**
 * The modules of an open Nexus: what there is, and how one takes the place of another while runs are in flight.
 */
import type { Kernel, ModuleInfo } from '@nexus/kernel'
import { NexusError } from '@nexus/sdk'

export interface Modules extends Pick<
  Kernel,
  'lock' | 'change' | 'rescan' | 'activate' | 'generations' | 'receipts' | 'holders' | 'load' | 'settled'
> {
  list(): readonly ModuleInfo[]
  /** Throws `NexusError` `module_not_found`. */
  get(id: string): ModuleInfo
  /** The number of the generation that serves now. */
  readonly generation: number
}

export function modulesOf(kernel: Kernel): Modules {
  return {
    get generation() {
      return kernel.generation.number
    },
    list: () => kernel.modules(),
    lock: () => kernel.lock(),
    get: (id) => find(kernel, id),
    change: (change) => kernel.change(change),
    rescan: () => kernel.rescan(),
    activate: (generation) => kernel.activate(generation),
    generations: () => kernel.generations(),
    receipts: () => kernel.receipts(),
    holders: (id) => kernel.holders(id),
    load: (id) => kernel.load(id),
    settled: () => kernel.settled(),
  }
}

function find(kernel: Kernel, id: string): ModuleInfo {
  const modules = kernel.modules()
  const found = modules.find((module) => module.id === id)
  if (found) return found
  const installed = modules.map((module) => module.id).join(', ')
  throw new NexusError(
    'module_not_found',
    `No module "${id}". Installed: ${installed}. Try: nexus modules list`,
  )
}
