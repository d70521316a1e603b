/**
 * Resolution: from what is asked for, and from what the sources have, to one version of each module that is needed and the
 * order in which they start, or to a failure that `explain` puts into sentences. Owns the form of question and answer;
 * finding it is for `solver.ts`. The kernel's own modules are always there and are no part of the answer.
 */
import { NexusError } from '@nexus/sdk'
import { kernelModules } from '../resolve.ts'
import { Catalogue, type Candidate } from './catalogue.ts'
import { causesIn, type Incompatibility } from './incompatibility.ts'
import { idsIn, type PackageSource, type Requirement, type SourcedVersion } from './package_source.ts'
import { solve } from './solver.ts'
import { startOrder, type StartOrder } from './start_order.ts'

export interface ResolveOptions {
  readonly roots: readonly Requirement[]
  /** Where two have a version, the one that comes first here counts; nothing else depends on any order. */
  readonly sources: readonly PackageSource[]
  /** Module ids to versions that are kept where they still fit. */
  readonly locked?: ReadonlyMap<string, string>
  /** Which version to take where there is no other reason: by default the newest. */
  readonly prefer?: 'newest' | 'oldest'
  /** After how many dead ends an answer, any answer, counts for more than whose versions are the newest. */
  readonly deadEndsMax?: number
  /** Modules that are always there, in one version that no source can change: by default those of the kernel. */
  readonly fixed?: ReadonlyMap<string, string>
}

/** Real dependencies lead to a handful of dead ends. */
const deadEndsMaxDefault = 100

export type Outcome = Resolution | Failure

export interface Resolution {
  readonly kind: 'resolved'
  /** By id, sorted. */
  readonly versions: ReadonlyMap<string, SourcedVersion>
  /** Each after what it depends on, or the circle that keeps the modules from starting. */
  readonly order: StartOrder
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
  const answer = await solve({
    catalogue,
    roots: wanted,
    fixed: [...fixed.keys()].sort(),
    locked,
    prefer,
    deadEndsMax,
  })
  if (answer.kind === 'solved') return resolutionOf(answer.decisions, fixed)
  const isUnknown = causesIn(answer.proof).some(({ kind }) => kind === 'unknown')
  return {
    kind: 'failed',
    proof: answer.proof,
    versionsOf: (id) => catalogue.get(id).candidates.toReversed(),
    knownIds: isUnknown ? [...new Set([...fixed.keys(), ...(await idsIn(sources))])].sort() : [],
  }
}

function resolutionOf(
  decisions: ReadonlyMap<string, Candidate>,
  fixed: ReadonlyMap<string, string>,
): Resolution {
  const ids = [...decisions.keys()].filter((id) => !fixed.has(id)).sort()
  const versions = new Map<string, SourcedVersion>()
  for (const id of ids) {
    const candidate = decisions.get(id)
    if (candidate !== undefined) versions.set(id, candidate.found)
  }
  const dependencies = new Map([...versions].map(([id, version]) => [id, version.dependencies]))
  return { kind: 'resolved', versions, order: startOrder(dependencies) }
}

function byIdAndRange(left: Requirement, right: Requirement): number {
  if (left.id !== right.id) return left.id < right.id ? -1 : 1
  return left.range < right.range ? -1 : left.range > right.range ? 1 : 0
}

function notARange({ id, range }: Requirement): NexusError {
  const message = `Module "${id}" is asked for in ${JSON.stringify(range)}, which is not a semver range like ^1.0.0.`
  return new NexusError('not_a_range', message)
}
