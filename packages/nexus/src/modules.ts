/**
 * The modules of an open Nexus: what there is, and how one takes the place of another while runs are in flight.
 */
import { ModuleFailure, type Change, type Kernel, type ModuleInfo, type Receipt } from '@nexus/kernel'
import { NexusError } from '@nexus/sdk'
import { isAbsolute } from 'node:path'

export interface Modules extends Pick<
  Kernel,
  | 'lock'
  | 'change'
  | 'rescan'
  | 'activate'
  | 'generations'
  | 'receipts'
  | 'holders'
  | 'outdated'
  | 'load'
  | 'unload'
  | 'settled'
  | 'listen'
> {
  list(): readonly ModuleInfo[]
  /** Throws `NexusError` `module_not_found`. */
  get(id: string): ModuleInfo
  /** Brings one module in, from a folder or as a version that served here before. Rejects with `ModuleFailure`. */
  swap(id: string, wanted: Swap): Promise<Receipt>
  /** The number of the generation that serves now. */
  readonly generation: number
}

export interface Swap extends Pick<Change, 'runs' | 'consent'> {
  /** The path of a folder, whole; else a version, or the first digits (12 or more) of an artifact's digest. */
  readonly source: string
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
    swap: async (id, { source, ...how }) => kernel.change({ ...sourceOf(kernel, id, source), ...how }),
    rescan: () => kernel.rescan(),
    activate: (generation) => kernel.activate(generation),
    generations: () => kernel.generations(),
    receipts: () => kernel.receipts(),
    holders: (id) => kernel.holders(id),
    outdated: () => kernel.outdated(),
    load: (id) => kernel.load(id),
    unload: (id) => kernel.unload(find(kernel, id).id),
    settled: () => kernel.settled(),
    listen: (listener) => kernel.listen(listener),
  }
}

/** Throws `ModuleFailure` for a folder that is not that of the module. */
function sourceOf(kernel: Kernel, id: string, source: string): Pick<Change, 'folders' | 'versions'> {
  if (!/[\\/]/.test(source)) return { versions: { [id]: source } }
  if (!isAbsolute(source)) {
    throw new ModuleFailure(
      `The folder "${source}" is no whole path. Give it from the root, or a version that was here before.`,
    )
  }
  const found = kernel.idAt(source)
  if (found === undefined || found === id) return { folders: [source] }
  throw new ModuleFailure(`The folder "${source}" is that of a module "${found}", not of "${id}".`)
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
