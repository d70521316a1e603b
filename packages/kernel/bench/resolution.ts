/**
 * Milliseconds per resolution: `node packages/kernel/bench/resolution.ts`.
 *
 * Every world has 2,000 modules with 20 versions each and is drawn from a fixed seed, so that two runs solve the same ones.
 * A figure is the median of 5 resolutions, each from sources that have forgotten nothing and remember nothing: ranges are
 * parsed anew. Prints a line for each world: what it is, the median, the slowest, what came out.
 */
import { explain } from '../src/resolution/explain.ts'
import { listSource, type PackageVersion, type Requirement } from '../src/resolution/package_source.ts'
import { resolve, type Outcome } from '../src/resolution/resolve.ts'

const modulesMax = 2_000
const versionsMax = 20
const samples = 5

interface World {
  readonly name: string
  readonly roots: readonly Requirement[]
  readonly packages: Readonly<Record<string, readonly PackageVersion[]>>
}

/** Numbers in [0, 1) that depend on the seed alone: a linear congruential generator. */
function dice(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const nameOf = (index: number): string => `module_${String(index).padStart(4, '0')}`

/** Twenty versions in ascending order: four majors of five minors. */
const versions = Array.from(
  { length: versionsMax },
  (_, index) => `${Math.floor(index / 5) + 1}.${index % 5}.0`,
)

interface Draw {
  readonly seed: number
  readonly dependenciesMax: number
  /** The range that a version asks of a dependency, given the version that the hidden answer has of it. */
  readonly range: (version: string, roll: () => number) => string
}

/** A world with an answer hidden in it: the version of each module that the answer has asks only for what the answer has. */
function drawWorld(name: string, { seed, dependenciesMax, range }: Draw): World {
  const roll = dice(seed)
  const pick = (count: number): number => Math.floor(roll() * count)
  const hidden = Array.from({ length: modulesMax }, () => versions[pick(versionsMax)] ?? '1.0.0')
  const entry = (index: number, version: string): PackageVersion => {
    const others = new Set(
      Array.from({ length: pick(dependenciesMax + 1) }, () => index + 1 + pick(modulesMax)),
    )
    const dependencies = [...others]
      .filter((other) => other < modulesMax)
      .map((other) => {
        const asked = version === hidden[index] ? (hidden[other] ?? '') : (versions[pick(versionsMax)] ?? '')
        return { id: nameOf(other), range: range(asked, roll) }
      })
    return { version, dependencies }
  }
  return {
    name,
    roots: Array.from({ length: modulesMax }, (_, index) => ({ id: nameOf(index), range: '*' })),
    packages: Object.fromEntries(
      hidden.map((_, index) => [nameOf(index), versions.map((version) => entry(index, version))]),
    ),
  }
}

const caret = (version: string): string => `^${version}`
const major = (version: string): string => `^${version.slice(0, 1)}.0.0`
const atLeast = (version: string): string => `>=${version}`

/** The same, and one module that the roots ask for, each version of which needs what another module does not have. */
function spoiled(world: World): World {
  const extra = versions.map((version, rank) => ({
    version,
    dependencies: [{ id: nameOf(rank * 100), range: '^9.0.0' }],
  }))
  return {
    name: 'no answer: the same, and one module whose 20 versions each need what is not there',
    roots: [...world.roots, { id: 'extra', range: '*' }],
    packages: { ...world.packages, extra },
  }
}

/** Every module's newer versions lead to a conflict three modules on, again and again, down to the oldest. */
function staircase(): World {
  const packages: Record<string, PackageVersion[]> = {}
  for (let index = 0; index < modulesMax; index++) {
    packages[nameOf(index)] = versions.map((version, rank) => ({
      version,
      dependencies: [1, 3]
        .filter((step) => index + step < modulesMax)
        .map((step) => ({
          id: nameOf(index + step),
          range: rank === 0 ? '1.0.0' : step === 1 ? version : (versions[rank - 1] ?? ''),
        })),
    }))
  }
  return {
    name: 'hard: newer versions contradict each other three modules on',
    roots: [{ id: nameOf(0), range: '*' }],
    packages,
  }
}

async function run(world: World): Promise<{ milliseconds: number; outcome: Outcome }> {
  const source = listSource('list', world.packages)
  const start = performance.now()
  const outcome = await resolve({ roots: world.roots, sources: [source] })
  return { milliseconds: performance.now() - start, outcome }
}

async function measure(world: World): Promise<void> {
  const times: number[] = []
  let told = ''
  for (let sample = 0; sample < samples; sample++) {
    const { milliseconds, outcome } = await run(world)
    times.push(milliseconds)
    told = tell(outcome)
  }
  times.sort((left, right) => left - right)
  const [median = 0, slowest = 0] = [times[samples >> 1], times.at(-1)]
  process.stdout.write(`${median.toFixed(0)} ms (at most ${slowest.toFixed(0)}): ${world.name}: ${told}\n`)
}

function tell(outcome: Outcome): string {
  if (outcome.kind === 'resolved') return `${outcome.versions.size} modules`
  return `no answer, in ${explain(outcome).split('\n').length} lines`
}

const loose = drawWorld('random, mostly loose ranges', { seed: 1, dependenciesMax: 6, range: atLeast })
const majors = drawWorld('random, ranges of one major', { seed: 2, dependenciesMax: 3, range: major })
const carets = drawWorld('random, caret ranges', { seed: 3, dependenciesMax: 3, range: caret })
for (const world of [loose, majors, spoiled(majors), carets, staircase()]) await measure(world)
