/**
 * The modules at hand, and how they change while runs are in flight.
 */
import { operations } from '@nexus/api'
import { bind, type Surface } from '../surface.ts'
import { generationToWire, moduleToWire, receiptToWire } from '../wire.ts'

export function addModuleRoutes(surface: Surface): void {
  const { modules } = surface.nexus
  bind(surface, operations.modules.list, () => ({ modules: modules.list().map(moduleToWire) }))
  bind(surface, operations.modules.get, ({ params }) => moduleToWire(modules.get(params.id)))
  bind(surface, operations.modules.holders, ({ params }) => ({
    holders: modules.holders(modules.get(params.id).id),
  }))
  bind(surface, operations.modules.load, async ({ params }) => {
    await modules.load(params.id)
    return moduleToWire(modules.get(params.id))
  })
  bind(surface, operations.modules.unload, async ({ params }) => {
    await modules.unload(params.id)
    return moduleToWire(modules.get(params.id))
  })
  addChangeRoutes(surface)
  addGenerationRoutes(surface)
}

function addChangeRoutes(surface: Surface): void {
  const { modules } = surface.nexus
  bind(surface, operations.modules.swapOne, async ({ params, body }) =>
    receiptToWire(await modules.swap(params.id, body)),
  )
  bind(surface, operations.modules.configure, async ({ params, query, body }) =>
    receiptToWire(await modules.change({ config: { [modules.get(params.id).id]: body }, ...query })),
  )
  bind(surface, operations.modules.swap, async ({ body }) => receiptToWire(await modules.change(body)))
}

function addGenerationRoutes(surface: Surface): void {
  const { modules } = surface.nexus
  bind(surface, operations.modules.receipts, () => ({ receipts: modules.receipts().map(receiptToWire) }))
  bind(surface, operations.modules.generations, () => ({
    generations: modules.generations().map((each) => generationToWire(each, modules.generation)),
  }))
  bind(surface, operations.modules.activate, async ({ params }) =>
    receiptToWire(await modules.activate(Number(params.number))),
  )
}
