/**
 * Which Python packages a module asks for, and what is wrong with those that its process finds. They are looked for by
 * the very process that will import them, before it loads the module. Nothing is installed here.
 */
import { isJsonObject, type Json, type Manifest } from '@nexus/sdk'
import { ModuleFailure } from '../../host.ts'
import { languageOf } from '../../manifest.ts'
import { satisfiesSpecifiers } from '../../missing_packages.ts'
import { label } from '../results.ts'

/** The names; none for a module in another language. */
export function pythonPackages(manifest: Manifest): string[] {
  if (languageOf(manifest.entry_points.main) !== 'python') return []
  return (manifest.dependencies?.python ?? []).flatMap(Object.keys)
}

/** `versions`: name to version, or null where there is none. Throws a `ModuleFailure` that says all that is missing. */
export function checkPackages(manifest: Manifest, versions: Json): void {
  const found = isJsonObject(versions) ? versions : {}
  const wanted = (manifest.dependencies?.python ?? []).flatMap((entry) => Object.entries(entry))
  const missing = wanted.flatMap(([name, range]) => {
    const version = found[name]
    if (typeof version === 'string' && satisfiesSpecifiers(version, range)) return []
    const here =
      typeof version === 'string' ? `but what is installed is ${version}` : 'which is not installed'
    const exact = range === '*' ? name : `${name}${range}`
    return [
      `It needs the Python package "${name}" ${range}, ${here}. Try: python3 -m pip install "${exact}".`,
    ]
  })
  if (missing.length > 0) throw new ModuleFailure(`${label(manifest)} cannot start. ${missing.join(' ')}`)
}
