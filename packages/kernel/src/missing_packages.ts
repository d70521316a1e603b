/**
 * Which packages that a manifest lists are not installed, or not in a version that it takes. npm packages are looked for
 * from the module's folder, as Node would; Python's by asking Python. Nothing is installed here.
 */
import { execFile } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import coerce from 'semver/functions/coerce.js'
import satisfies from 'semver/functions/satisfies.js'
import { readIfThere } from './artifact.ts'
import type { FoundModule } from './discover.ts'
import { requirementsIn, type Requirement } from './manifest.ts'
import type { Problem } from './problem.ts'
import { isRecord } from './schema.ts'

export function missingNpmPackages(found: FoundModule): Problem[] {
  const { manifest, folder } = found
  const listed = requirementsIn(manifest?.dependencies?.npm, '/dependencies/npm')
  return listed.flatMap((requirement) => {
    const version = installedNpmVersion(requirement.name, folder)
    if (version !== undefined && satisfies(version, requirement.range, { includePrerelease: true })) return []
    const hint = `Try: npm install "${requirement.name}@${requirement.range}" in "${folder}".`
    return [missing(found, requirement, { kind: 'npm', version, hint })]
  })
}

/** From the package's own file in the first `node_modules` on the way up, whatever its `exports` allow. */
function installedNpmVersion(name: string, folder: string): string | undefined {
  for (const path of createRequire(join(folder, 'main.js')).resolve.paths(name) ?? []) {
    const text = readIfThere(join(path, name, 'package.json'))
    const content: unknown = text === undefined ? undefined : JSON.parse(text)
    if (isRecord(content) && typeof content['version'] === 'string') return content['version']
  }
  return undefined
}

const pythonMsMax = 10_000

const askPython = `import importlib.metadata as m, json, sys
def version(name):
    try: return m.version(name)
    except m.PackageNotFoundError: return None
print(json.dumps({name: version(name) for name in sys.argv[1:]}))`

/** Starts `python3` where the manifest lists Python packages, and waits for its answer. */
export async function missingPythonPackages(found: FoundModule): Promise<Problem[]> {
  const listed = requirementsIn(found.manifest?.dependencies?.python, '/dependencies/python')
  if (listed.length === 0) return []
  const versions = await installedPythonVersions(listed.map(({ name }) => name))
  if (versions === undefined) {
    return [
      found.problemAt('/dependencies/python', 'There is no python3 on the PATH to look for packages in.'),
    ]
  }
  return listed.flatMap((requirement) => {
    const version = versions[requirement.name]
    if (typeof version === 'string' && satisfiesSpecifiers(version, requirement.range)) return []
    const hint = `Try: python3 -m pip install "${requirement.name}${requirement.range}".`
    return [missing(found, requirement, { kind: 'Python', version, hint })]
  })
}

async function installedPythonVersions(
  names: readonly string[],
): Promise<Readonly<Record<string, unknown>> | undefined> {
  try {
    const { stdout } = await promisify(execFile)('python3', ['-I', '-c', askPython, ...names], {
      timeout: pythonMsMax,
    })
    const answer: unknown = JSON.parse(stdout)
    return isRecord(answer) ? answer : undefined
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Python's version specifiers, as far as versions of up to three numbers go. */
export function satisfiesSpecifiers(version: string, specifiers: string): boolean {
  const plain = coerce(version)?.version
  if (specifiers === '*') return true
  if (plain === undefined) return false
  return specifiers.split(',').every((part) => {
    const [, operator = '', wanted = ''] = /^(~=|===?|!=|<=?|>=?)\s*(.+)$/.exec(part.trim()) ?? []
    if (operator === '!=') return !satisfies(plain, wanted)
    if (operator === '~=') return satisfies(plain, wanted.split('.').length > 2 ? `~${wanted}` : `^${wanted}`)
    return satisfies(plain, operator.startsWith('==') ? wanted : `${operator}${wanted}`)
  })
}

function missing(
  found: FoundModule,
  { name, range, pointer }: Requirement,
  { kind, version, hint }: { kind: string; version: unknown; hint: string },
): Problem {
  const here = typeof version === 'string' ? `but what is installed is ${version}` : 'which is not installed'
  return found.problemAt(pointer, `Needs the ${kind} package "${name}" ${range}, ${here}.`, hint)
}
