/**
 * The modules at hand.
 */
import { operations } from '@nexus/api'
import { bind, type Surface } from '../surface.ts'
import { moduleToWire } from '../wire.ts'

export function addModuleRoutes(surface: Surface): void {
  const { modules } = surface.nexus
  bind(surface, operations.modules.list, () => ({ modules: modules.list().map(moduleToWire) }))
  bind(surface, operations.modules.get, ({ params }) => moduleToWire(modules.get(params.id)))
}
