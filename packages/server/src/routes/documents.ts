/**
 * What the server says of its own interface, to programs and to people. Nothing of it is anybody's data.
 */
import { openApi, operations } from '@nexus/api'
import { version } from '@nexus/nexus'
import { docsPage } from '../docs_page.ts'
import type { Surface } from '../surface.ts'

export function addDocumentRoutes({ app, secured }: Surface): void {
  const document = openApi({ version, operations, secured })
  const json = JSON.stringify(document, null, 2)
  const page = docsPage(document)
  const config = { open: true }
  app.get('/openapi.json', { config }, (_request, reply) => reply.type('application/json').send(json))
  app.get('/docs', { config }, (_request, reply) =>
    reply.type('text/html; charset=utf-8').header('content-security-policy', page.policy).send(page.html),
  )
}
