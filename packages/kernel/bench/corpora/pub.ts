/**
 * The cases of dart-lang/pub's solver tests, read from their Dart source by a small parser: which packages are served, what
 * the application asks for, and which versions come out, or that none do. What Nexus has no counterpart for (overrides,
 * SDKs, git and path sources, several servers, loops in the test) is left out with the reason. The application itself is
 * a module that is always there; a lock is carried from one resolution of a test to its next.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { listSource, type PackageVersion, type Requirement } from '../../src/resolution/package_source.ts'
import { resolve } from '../../src/resolution/resolve.ts'
import { asText, callsIn, testsIn, type Call, type Value } from './dart.ts'
import { compareVersions, type Verdict } from './verdict.ts'

export async function pubCases(folder: string): Promise<Verdict[]> {
  const source = readFileSync(join(folder, 'test/version_solver_test.dart'), 'utf8')
  const verdicts: Verdict[] = []
  for (const { name, body } of testsIn(source)) verdicts.push(...(await runTest(name, body)))
  return verdicts
}

const unsupported: readonly [RegExp, string][] = [
  [/'environment'|FLUTTER_ROOT|'sdk'/, 'needs an SDK'],
  [/dependency_overrides/, 'overrides a dependency'],
  [/'(?:git|path|hosted|bad)'|startPackageServer/, 'names a source for a dependency'],
  [/\bfor \(/, 'serves packages in a loop'],
]

async function runTest(name: string, body: string): Promise<Verdict[]> {
  const [, why] = unsupported.find(([pattern]) => pattern.test(body)) ?? []
  if (why !== undefined) return [{ kind: 'left_out', name, why }]
  const packages: Record<string, PackageVersion[]> = {}
  const verdicts: Verdict[] = []
  let roots: Requirement[] = []
  let locked = new Map<string, string>()
  for (const call of callsIn(body, ['serve', 'appDir', 'pubspec', 'expectResolves'])) {
    if (call.name === 'serve') serve(packages, call)
    else if (call.name === 'expectResolves') {
      const step = `${name}${verdicts.length > 0 ? ` (${verdicts.length + 1})` : ''}`
      const { verdict, versions } = await expectResolves(step, call, roots, packages, locked)
      verdicts.push(verdict)
      locked = versions
    } else roots = rootsOf(call)
  }
  return verdicts
}

function serve(packages: Record<string, PackageVersion[]>, { positional, named }: Call): void {
  const [id = '', version = ''] = positional.map(asText)
  ;(packages[id] ??= []).push({ version, dependencies: requirementsOf(named.get('deps')) })
}

function rootsOf({ name, positional, named }: Call): Requirement[] {
  if (name === 'appDir') return requirementsOf(named.get('dependencies'))
  const [pubspec] = positional
  if (!(pubspec instanceof Map)) return []
  return ['dependencies', 'dev_dependencies'].flatMap((key) => requirementsOf(pubspec.get(key)))
}

function requirementsOf(value: Value | undefined): Requirement[] {
  if (!(value instanceof Map)) return []
  return [...value].map(([id, range]) => ({ id, range: range === 'any' ? '*' : asText(range) }))
}

async function expectResolves(
  name: string,
  { named }: Call,
  roots: readonly Requirement[],
  packages: Readonly<Record<string, readonly PackageVersion[]>>,
  locked: ReadonlyMap<string, string>,
): Promise<{ verdict: Verdict; versions: Map<string, string> }> {
  const outcome = await resolve({
    roots,
    sources: [listSource('served', packages)],
    // To downgrade is to let go of what is locked.
    locked: named.get('downgrade') === true ? new Map() : locked,
    prefer: named.get('downgrade') === true ? 'oldest' : 'newest',
    fixed: new Map([['myapp', '0.0.0']]),
  })
  const versions = new Map<string, string>(
    outcome.kind === 'failed' ? [] : [...outcome.versions].map(([id, { version }]) => [id, version]),
  )
  const expected = named.get('result')
  const shouldFail = named.has('error')
  if (shouldFail !== (outcome.kind === 'failed')) {
    const told = JSON.stringify(Object.fromEntries(versions))
    return {
      verdict: { kind: 'differs', name, why: shouldFail ? `an answer was found: ${told}` : 'no answer' },
      versions,
    }
  }
  if (!(expected instanceof Map)) return { verdict: { kind: 'agrees', name }, versions }
  const wanted = new Map([...expected].map(([id, version]) => [id, asText(version)]))
  return { verdict: compareVersions(name, versions, wanted), versions }
}
