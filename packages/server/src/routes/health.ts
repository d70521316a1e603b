/**
 * Whether it is up, for anybody.
 */
import { operations } from '@nexus/api'
import { version } from '@nexus/nexus'
import { bind, type Surface } from '../surface.ts'

export function addHealthRoute(surface: Surface): void {
  const { instance } = surface
  bind(surface, operations.server.health, () => ({ status: 'ok' as const, version, instance }))
}
