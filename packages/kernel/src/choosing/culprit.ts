/**
 * Where not everything that is there goes together: which module is left out, and how that is said at its manifest. Pure.
 */
import type { Candidate } from '../stage.ts'
import type { Problem } from '../problem.ts'
import { explain } from '../resolution/explain.ts'
import { causesIn, type Cause, type Incompatibility } from '../resolution/incompatibility.ts'
import { conflictsOf, dependenciesOf } from '../resolution/manifest_requirements.ts'
import type { Failure } from '../resolution/resolve.ts'
import { asker } from './wishes.ts'

/**
 * Of the modules that the proof speaks of and that nobody asked for in writing: the one that is farthest away, of equally
 * far ones one that asks for what it cannot have rather than one that is asked for, of these the last by id.
 */
export function culpritOf(failure: Failure, distanceOf: (id: string) => number): string | undefined {
  const causes = causesIn(failure.proof)
  const complaining = new Set(causes.flatMap(complainersIn))
  const [culprit] = causes
    .flatMap((cause) => (cause.kind === 'root' && isThere(cause.requirement) ? [cause.requirement.id] : []))
    .toSorted(
      (a, b) =>
        distanceOf(b) - distanceOf(a) ||
        Number(complaining.has(b)) - Number(complaining.has(a)) ||
        (a < b ? 1 : -1),
    )
  return culprit
}

function complainersIn(cause: Cause): readonly string[] {
  if (cause.kind === 'circle') return cause.circle
  return cause.kind === 'dependency' || cause.kind === 'conflict' || cause.kind === 'unusable'
    ? [cause.id]
    : []
}

/** Whether it is asked for only because it is there. */
function isThere({ because, optional }: { because?: string; optional?: boolean }): boolean {
  return because !== undefined && optional !== true
}

/** The derivation, at the line of the manifest that begins it. */
export function problemOf(failure: Failure, { id, manifest, problemAt }: Candidate): Problem {
  const alone = withoutAsking(failure.proof, id)
  const text = explain({ ...failure, proof: alone ?? failure.proof }, { root: asker })
  const message = alone ? text : `It is left out, since not all that is here goes together.\n${text}`
  return problemAt(placeIn(failure, manifest) ?? '/id', message)
}

/** That the module cannot be used, where the last step of the proof only adds that it is there. */
function withoutAsking({ cause }: Incompatibility, id: string): Incompatibility | undefined {
  if (cause.kind !== 'derived') return undefined
  const isAsking = ({ cause: inner }: Incompatibility): boolean =>
    inner.kind === 'root' && inner.requirement.id === id
  const [left, right] = cause.from
  return isAsking(left) ? right : isAsking(right) ? left : undefined
}

function placeIn(failure: Failure, manifest: Candidate['manifest']): string | undefined {
  const said = [...dependenciesOf(manifest), ...conflictsOf(manifest)]
  const causes = causesIn(failure.proof)
  const found = said.find(({ id, range }) => causes.some((cause) => saysSo(cause, manifest.id, id, range)))
  return found?.pointer
}

function saysSo(cause: Cause, id: string, other: string, range: string): boolean {
  switch (cause.kind) {
    case 'dependency':
      return cause.id === id && cause.requirement.id === other && cause.requirement.range === range
    case 'conflict':
    case 'unusable':
      return cause.id === id && cause.other === other && cause.range === range
    case 'circle':
      return cause.circle.some((step, index) => step === id && cause.circle[index + 1] === other)
    default:
      return false
  }
}
