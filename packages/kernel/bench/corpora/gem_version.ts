/**
 * Versions and requirements of Ruby's gems, as far as the CocoaPods corpus needs them: their order, which is not semver's,
 * and what satisfies a requirement. A version without a pre-release in the requirement keeps pre-releases out.
 */

type Segment = number | string

function segmentsOf(version: string): Segment[] {
  const parts = version.replaceAll('-', '.pre.').match(/\d+|[a-z]+/gi) ?? []
  return parts.map((part) => (/^\d/.test(part) ? Number(part) : part))
}

export function isPrerelease(version: string): boolean {
  return /[a-z]/i.test(version) || version.includes('-')
}

export function compareGems(left: string, right: string): number {
  const [a, b] = [segmentsOf(left), segmentsOf(right)]
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const order = compareSegments(a[index] ?? 0, b[index] ?? 0)
    if (order !== 0) return order
  }
  return 0
}

/** Letters come before any number. */
function compareSegments(left: Segment, right: Segment): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  if (typeof left === 'number') return 1
  if (typeof right === 'number') return -1
  return left < right ? -1 : left > right ? 1 : 0
}

/** `>= 1.0, < 2.0`: all of them hold. */
export function satisfiesGem(version: string, requirement: string): boolean {
  const parts = requirement.split(',').filter((part) => part.trim() !== '')
  if (isPrerelease(version) && !parts.some((part) => isPrerelease(part.replace(/^\D*/, '')))) return false
  return parts.every((part) => {
    const [, operator = '', wanted = ''] = /^\s*(~>|>=|<=|!=|=|>|<)?\s*(\S+)\s*$/.exec(part) ?? []
    return holds(version, operator, wanted)
  })
}

function holds(version: string, operator: string, wanted: string): boolean {
  const order = compareGems(version, wanted)
  switch (operator) {
    case '>=':
      return order >= 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '<':
      return order < 0
    case '!=':
      return order !== 0
    case '~>':
      return order >= 0 && compareGems(releaseOf(version), bumped(wanted)) < 0
    default:
      return order === 0
  }
}

function releaseSegments(version: string): Segment[] {
  const segments = segmentsOf(version)
  const end = segments.findIndex((segment) => typeof segment === 'string')
  return end < 0 ? segments : segments.slice(0, end)
}

const releaseOf = (version: string): string => releaseSegments(version).join('.')

/** The first version that `~>` keeps out. */
function bumped(version: string): string {
  const segments = releaseSegments(version)
  const kept = segments.length > 1 ? segments.slice(0, -1) : segments
  return [...kept.slice(0, -1), Number(kept.at(-1) ?? 0) + 1].join('.')
}
