/**
 * What a new version of a module may do that the old one may not. Pure.
 */
import type { Manifest } from '@nexus/sdk'

/** A line for each right that comes on top, such as `network: api.example.com:443`. */
export function addedPermissions(before: Manifest | undefined, after: Manifest): readonly string[] {
  return Object.entries(after.permissions ?? {}).flatMap(([kind, wanted]) => {
    const had = new Set<string>(before?.permissions?.[kind as keyof NonNullable<Manifest['permissions']>])
    return wanted.filter((right) => !had.has(right)).map((right) => `${kind}: ${right}`)
  })
}
