/**
 * Which methods a path is answered for, so that one that is asked by another method is told (RFC 9110, 15.5.6).
 */
import type { FastifyInstance } from 'fastify'

/** Listens for the routes that are added from now on. What comes back gives the methods of a path, in order; none where nothing is there. */
export function methodsByPath(app: FastifyInstance): (path: string) => readonly string[] {
  const routes: { readonly pattern: RegExp; readonly methods: readonly string[] }[] = []
  app.addHook('onRoute', ({ url, method }) => {
    const pattern = new RegExp(`^${url.replaceAll(/:\w+/g, '[^/]+')}$`)
    routes.push({ pattern, methods: [method].flat() })
  })
  return (path) => {
    const found = routes.filter(({ pattern }) => pattern.test(path)).flatMap(({ methods }) => methods)
    return [...new Set(found)].toSorted()
  }
}
