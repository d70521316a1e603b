/**
 * What a built module and its host agree on: which imports stay outside of the artifact, and the names under which the
 * host gives it what a source file has of itself. It builds nothing and loads nothing.
 */
import type { Manifest } from '@nexus/sdk'

/** The SDK's entries that modules use when they run; hosts serve their own. */
export const sdkNames = ['@nexus/sdk', '@nexus/sdk/network', '@nexus/sdk/process'] as const

/** Names that the host gives every artifact as parameters, in place of what `import.meta` has in a source file. */
export const metaNames = { url: '__module_url', filename: '__filename', dirname: '__dirname' } as const

/** The npm packages that are not bundled, but resolved from the module's folder when it runs. */
export function sharedPackages(manifest: Manifest): string[] {
  return (manifest.dependencies?.npm ?? []).flatMap(Object.keys).sort()
}

/** The names under which an artifact exports the functions of `entry_points.setup` and `entry_points.teardown`. */
export const hookNames = { setup: '__nexus_setup', teardown: '__nexus_teardown' } as const
