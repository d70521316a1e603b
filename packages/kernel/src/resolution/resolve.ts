/**
 * Resolution: from what is asked for, and from what the sources have, to one version of each module that is needed and the
 * order in which they start, or to a failure that `explain` puts into sentences. Owns the form of question and answer, and
 * that modules which depend on each other in a circle do not go together; finding an answer is for `solver.ts`. The kernel's own modules are always there and are no part of the answer.
 */
import { invariant, NexusError } from '@nexus/sdk'
import { Catalogue, spanAround, type Candidate } from './catalogue.ts'
import { causesIn, incompatibility, type Incompatibility } from './incompatibility.ts'
import { kernelModules } from './kernel_modules.ts'
import { idsIn, type PackageSource, type Requirement, type SourcedVersion } from './package_source.ts'
import { solve, type Preference, type SolverOptions } from './solver.ts'
import { startOrder } from './start_order.ts'
import { used, type Term } from './term.ts'

export interface ResolveOptions {
  readonly roots: readonly Requirement[]
  /** Where two have a version, the one that comes first here counts; nothing else depends on any order. */
  readonly sources: readonly PackageSource[]
  /** Module ids to versions that are kept where they still fit. */
  readonly locked?: ReadonlyMap<string, string>
  /** Which version to take where there is no other reason: by default the newest. */
  readonly prefer?: Preference
  /** After how many dead ends an answer, any answer, counts for more than whose versions are the newest. */
  readonly deadEndsMax?: number
  /** Modules that are always there, in one version that no source can change: by default those of the kernel. */
  readonly fixed?: ReadonlyMap<string, string>
}

/** Real dependencies lead to a handful of dead ends. */
const deadEndsMaxDefault = 100
/** Circles that are gone around. */
const circlesMax = 1_000

export type Outcome = Resolution | Failure

export interface Resolution {
  readonly kind: 'resolved'
  /** By id, sorted. */
  readonly versions: ReadonlyMap<string, SourcedVersion>
  /** Their ids, each after what it depends on. */
  readonly order: readonly string[]
}

export interface Failure {
  readonly kind: 'failed'
  /** It has no terms; the tree of its causes is the derivation. */
  readonly proof: Incompatibility
  /** The versions that there are of a module that the derivation speaks of, oldest first. */
  readonly versionsOf: (id: string) => readonly Candidate[]
  /** Every id that the sources can name, where the derivation speaks of one that they do not have. */
  readonly knownIds: readonly string[]
}

export async function resolve(options: ResolveOptions): Promise<Outcome> {
  const {
    sources,
    roots,
    locked = new Map(),
    prefer = 'newest',
    fixed = kernelModules,
    deadEndsMax = deadEndsMaxDefault,
  } = options
  const catalogue = new Catalogue(sources, fixed)
  const wanted = roots.toSorted(byIdAndRange).map((requirement) => {
    const set = catalogue.range(requirement.range)
    if (set === undefined) throw notARange(requirement)
    return { requirement, wanted: set }
  })
  const answer = await solveWithoutCircles({
    catalogue,
    roots: wanted,
    fixed: [...fixed.keys()].sort(),
    locked,
    prefer,
    deadEndsMax,
  })
  if ('order' in answer) return answer
  const isUnknown = causesIn(answer.proof).some(({ kind }) => kind === 'unknown')
  return {
    kind: 'failed',
    proof: answer.proof,
    versionsOf: (id) => catalogue.get(id).candidates.toReversed(),
    knownIds: isUnknown ? [...new Set([...fixed.keys(), ...(await idsIn(sources))])].sort() : [],
  }
}

/** An answer whose modules would start in no order is none: that they go together is ruled out, and another is looked for. */
async function solveWithoutCircles(
  options: Omit<SolverOptions, 'rules'>,
): Promise<Resolution | { readonly proof: Incompatibility }> {
  const rules: Incompatibility[] = []
  while (rules.length < circlesMax) {
    const answer = await solve({ ...options, rules })
    if (answer.kind === 'impossible') return answer
    const versions = versionsIn(answer.decisions, options.fixed)
    const order = startOrder(new Map([...versions].map(([id, { dependencies }]) => [id, dependencies])))
    if (order.kind === 'ordered') return { kind: 'resolved', versions, order: order.ids }
    rules.push(circleRule(order.circle, answer.decisions, options.catalogue))
  }
  const message = `These modules depend on each other in more than ${circlesMax} circles.`
  throw new NexusError('too_many_circles', message)
}

/** All versions around these that depend on the next one in the circle do not go together. */
function circleRule(
  circle: readonly string[],
  decisions: ReadonlyMap<string, Candidate>,
  catalogue: Catalogue,
): Incompatibility {
  const terms = circle.slice(0, -1).flatMap((id, index): Term[] => {
    const candidate = decisions.get(id)
    const next = circle[index + 1]
    const needsNext = ({ found }: Candidate): boolean =>
      found.dependencies.some((other) => other.id === next && other.optional !== true)
    return candidate ? [used(id, spanAround(catalogue.get(id), candidate, needsNext))] : []
  })
  const rule = incompatibility(terms, { kind: 'circle', circle })
  invariant(rule, 'a circle is of versions that there are')
  return rule
}

function versionsIn(
  decisions: ReadonlyMap<string, Candidate>,
  fixed: readonly string[],
): ReadonlyMap<string, SourcedVersion> {
  const ids = [...decisions.keys()].filter((id) => !fixed.includes(id)).sort()
  return new Map(
    ids.flatMap((id) => {
      const candidate = decisions.get(id)
      return candidate ? [[id, candidate.found] as const] : []
    }),
  )
}

function byIdAndRange(left: Requirement, right: Requirement): number {
  if (left.id !== right.id) return left.id < right.id ? -1 : 1
  return left.range < right.range ? -1 : left.range > right.range ? 1 : 0
}

function notARange({ id, range }: Requirement): NexusError {
  const message = `Module "${id}" is asked for in ${JSON.stringify(range)}, which is not a semver range like ^1.0.0.`
  return new NexusError('not_a_range', message)
}
