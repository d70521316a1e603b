/**
 * The cases of CocoaPods/Resolver-Integration-Specs. Gem versions have an order and operators that npm's ranges cannot say, so
 * each gem's versions are numbered in that order, and a requirement becomes the range of the numbers that satisfy it:
 * what is compared is the choice of versions, not the syntax.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { causesIn } from '../../src/resolution/incompatibility.ts'
import { listSource, type PackageVersion } from '../../src/resolution/package_source.ts'
import { resolve, type Outcome } from '../../src/resolution/resolve.ts'
import { compareGems, satisfiesGem } from './gem_version.ts'
import { compareVersions, type Verdict } from './verdict.ts'

interface Case {
  readonly name: string
  readonly index?: string
  readonly requested: Readonly<Record<string, string>>
  readonly base: readonly Node[]
  readonly resolved: readonly Node[]
  readonly conflicts: readonly string[]
}

interface Node {
  readonly name: string
  readonly version: string
  readonly dependencies: readonly Node[]
}

interface Gem {
  readonly name: string
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
}

type Index = Readonly<Record<string, readonly Gem[]>>

export async function cocoapodsCases(folder: string): Promise<Verdict[]> {
  const verdicts: Verdict[] = []
  for (const file of readdirSync(join(folder, 'case')).sort()) {
    const specimen = readJson(join(folder, 'case', file)) as Case
    const index = readJson(join(folder, 'index', `${specimen.index ?? 'awesome'}.json`)) as Index
    verdicts.push(await judge(`${file} (${specimen.name})`, specimen, index))
  }
  return verdicts
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8').replaceAll(/(^|[\s,])\/\/.*$/gm, '$1'))
}

/** A gem's distinct versions, ascending; the first one is number 1. */
class Numbering {
  readonly #versions = new Map<string, readonly string[]>()

  constructor(index: Index) {
    for (const [name, gems] of Object.entries(index)) {
      const sorted = gems.map(({ version }) => version).sort(compareGems)
      this.#versions.set(
        name,
        sorted.filter((version, at) => at === 0 || compareGems(version, sorted[at - 1] ?? '') !== 0),
      )
    }
  }

  number(name: string, version: string): string {
    const versions = this.#versions.get(name) ?? []
    return `${versions.findIndex((other) => compareGems(other, version) === 0) + 1}.0.0`
  }

  version(name: string, number: string): string {
    return this.#versions.get(name)?.[Number.parseInt(number, 10) - 1] ?? number
  }

  range(name: string, requirement: string): string {
    const versions = this.#versions.get(name)
    if (versions === undefined) return '*'
    const runs: [number, number][] = []
    for (const [at, version] of versions.entries()) {
      if (!satisfiesGem(version, requirement)) continue
      const run = runs.at(-1)
      if (run !== undefined && run[1] === at) run[1] = at + 1
      else runs.push([at + 1, at + 1])
    }
    const texts = runs.map(([from, to]) => (from === to ? `${from}.0.0` : `>=${from}.0.0 <=${to}.0.0`))
    return texts.length === 0 ? '<0.0.0-0' : texts.join(' || ')
  }
}

function packagesOf(index: Index, numbering: Numbering): Record<string, readonly PackageVersion[]> {
  const entries = Object.entries(index).map(([name, gems]) => {
    const versions = new Map<string, PackageVersion>()
    for (const { version, dependencies } of gems) {
      const number = numbering.number(name, version)
      if (versions.has(number)) continue
      const needs = Object.entries(dependencies).map(([id, requirement]) => ({
        id,
        range: numbering.range(id, requirement),
      }))
      versions.set(number, { version: number, dependencies: needs })
    }
    return [name, [...versions.values()]] as const
  })
  return Object.fromEntries(entries)
}

async function judge(name: string, specimen: Case, index: Index): Promise<Verdict> {
  const numbering = new Numbering(index)
  const packages = packagesOf(index, numbering)
  const roots = Object.entries(specimen.requested).map(([key, requirement]) => {
    // A second requirement of one gem has a key that ends in this character.
    const id = key.replace('\u0001', '')
    return { id, range: numbering.range(id, requirement) }
  })
  const base = flat(specimen.base)
  const locked = new Map([...base].map(([id, version]) => [id, numbering.number(id, version)]))
  const start = performance.now()
  const outcome = await resolve({ roots, sources: [listSource('index', packages)], locked, fixed: new Map() })
  const timed = `${name}, ${(performance.now() - start).toFixed(0)} ms`
  if (specimen.conflicts.length > 0) return judgeConflict(timed, outcome, specimen.conflicts)
  if (outcome.kind === 'failed') return { kind: 'differs', name: timed, why: 'no answer was found' }
  const found = new Map(
    [...outcome.versions].map(([id, { version }]) => [id, numbering.version(id, version)]),
  )
  const verdict = compareVersions(timed, found, flat(specimen.resolved), isSameGem)
  if (verdict.kind !== 'differs') return verdict
  const broken = brokenIn(found, specimen, index)
  const validity =
    broken.length === 0 ? 'another answer that keeps every promise' : `BROKEN: ${broken.join(', ')}`
  return { ...verdict, why: `${validity}: ${verdict.why}` }
}

/** `1.0` is `1.0.0`; what is absent is nothing else. */
function isSameGem(left: string, right: string): boolean {
  return left === right || (left !== '' && right !== '' && compareGems(left, right) === 0)
}

function judgeConflict(name: string, outcome: Outcome, expected: readonly string[]): Verdict {
  const named = new Set(conflictIn(outcome))
  const missing = expected.filter((id) => !named.has(id))
  if (named.size === 0) return { kind: 'differs', name, why: 'an answer was found' }
  return missing.length === 0
    ? { kind: 'agrees', name }
    : { kind: 'differs', name, why: `says nothing of ${missing.join(', ')}` }
}

/** The modules that keep a world from an answer. */
function conflictIn(outcome: Outcome): string[] {
  if (outcome.kind === 'resolved') return []
  return causesIn(outcome.proof).flatMap((cause) => {
    if (cause.kind === 'derived') return []
    if (cause.kind === 'root') return [cause.requirement.id]
    if (cause.kind === 'circle') return [...cause.circle]
    return cause.kind === 'dependency' ? [cause.id, cause.requirement.id] : [cause.id]
  })
}

function flat(nodes: readonly Node[]): Map<string, string> {
  return new Map(nodes.flatMap((node) => [[node.name, node.version], ...flat(node.dependencies)] as const))
}

/** The promises that an answer breaks, by the gems' own rules. */
function brokenIn(found: ReadonlyMap<string, string>, { requested }: Case, index: Index): string[] {
  const broken = (who: string, needs: Readonly<Record<string, string>>): string[] =>
    Object.entries(needs)
      .map(([key, requirement]) => [key.replace('\u0001', ''), requirement] as const)
      .filter(([id, requirement]) => !satisfiesGem(found.get(id) ?? '0', requirement))
      .map(([id, requirement]) => `${who} needs ${id} ${requirement}`)
  const gems = [...found].flatMap(([id, version]) =>
    (index[id] ?? []).filter((gem) => gem.version === version).slice(0, 1),
  )
  return [...broken('the case', requested), ...gems.flatMap((gem) => broken(gem.name, gem.dependencies))]
}
