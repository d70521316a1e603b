/**
 * Events of all runs, both ways: what happens to them, and what is told to them.
 */
import { operations } from '@nexus/api'
import { bind, bindRaw, type Surface } from '../surface.ts'

export function addEventRoutes(surface: Surface): void {
  const { nexus, streams } = surface
  bindRaw(surface, operations.events.follow, (_asked, { reply, signal }) =>
    streams.send(reply, nexus.events.follow(signal)),
  )
  bind(surface, operations.events.publish, ({ body }) => nexus.events.publish(body))
}
