/**
 * All routes, a file a resource. Another resource is another file, and a line here.
 */
import type { Surface } from '../surface.ts'
import { addBlobRoutes } from './blobs.ts'
import { addDocumentRoutes } from './documents.ts'
import { addEventRoutes } from './events.ts'
import { addHealthRoute } from './health.ts'
import { addModuleRoutes } from './modules.ts'
import { addRunRoutes } from './runs.ts'
import { addWorkflowRoutes } from './workflows.ts'

export function addRoutes(surface: Surface): void {
  addHealthRoute(surface)
  addDocumentRoutes(surface)
  addRunRoutes(surface)
  addEventRoutes(surface)
  addWorkflowRoutes(surface)
  addModuleRoutes(surface)
  addBlobRoutes(surface)
}
