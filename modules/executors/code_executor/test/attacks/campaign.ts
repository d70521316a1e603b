/** All attacks of a language against a bare runner and against every box of it that this machine has. */
import { openPolicy, systemClock, type JsonObject } from '@nexus/sdk'
import { Watchdog } from '@nexus/sdk/process'
import { makeBoxes, type Profile } from '../../boxes.ts'
import { Network } from '../../network.ts'
import type { Language, Sandbox } from '../../sandbox.ts'
import type { Attack } from './attack.ts'
import { succeedsBare } from './bare.ts'
import { whyNotContained, whyNotServing } from './boxed.ts'
import { javascriptAttacks } from './javascript.ts'
import { pythonAttacks } from './python.ts'
import { makeWorld } from './world.ts'

export interface Combination {
  readonly title: string
  readonly language: Language
  readonly profile?: Profile
  readonly config: JsonObject
}

const javascript = { language: 'javascript' } as const
const python = { language: 'python' } as const

export const combinations: readonly Combination[] = [
  { title: 'QuickJS', ...javascript, config: { bubblewrap: 'never' } },
  { title: 'QuickJS under bubblewrap', ...javascript, config: {} },
  { title: 'V8 under bubblewrap', ...javascript, profile: 'v8', config: {} },
  { title: 'Python', ...python, config: { python: 'system', bubblewrap: 'never' } },
  { title: 'Python under bubblewrap', ...python, config: { python: 'system' } },
  { title: 'Pyodide', ...python, config: { python: 'pyodide', bubblewrap: 'never' } },
  { title: 'Pyodide under bubblewrap', ...python, config: { python: 'pyodide' } },
]

export const attacksOf = (language: Language): readonly Attack[] =>
  language === 'javascript' ? javascriptAttacks : pythonAttacks

/** A bare runner is not root where the attack needs it: it is left out then, and counted in no box either. */
export function isPossible({ needsRoot }: Attack): boolean {
  return !needsRoot || process.getuid?.() === 0
}

export interface Result {
  readonly attack: string
  /** Undefined where it went as it has to. */
  readonly problem: string | undefined
}

/** A bare runner ends by itself; a slow disk may keep one for long. */
const bareMsMax = 60_000
const boxedMsMax = 8000

/** Each must succeed; a problem is one that did not. */
export async function attackBare(
  language: Language,
  choose: (attack: Attack) => boolean = () => true,
): Promise<Result[]> {
  await using world = await makeWorld()
  const results: Result[] = []
  for (const attack of attacksOf(language).filter((one) => isPossible(one) && choose(one))) {
    const isThrough = await succeedsBare(attack, language, world, bareMsMax)
    results.push({
      attack: attack.name,
      problem: isThrough ? undefined : 'it does not succeed without a sandbox',
    })
  }
  return results
}

export type Campaign =
  | { readonly missing: string }
  | { readonly layers: readonly string[]; readonly results: readonly Result[] }

/** Each must be contained; a problem says what it got. `choose` leaves some out. */
export async function attackBox(
  { language, profile, config }: Combination,
  choose: (attack: Attack) => boolean = () => true,
): Promise<Campaign> {
  const watchdog = new Watchdog()
  const network = new Network([], systemClock, openPolicy)
  const limits = { memory_mb: 64, scratch_mb: 8, concurrency: 2 }
  const boxes = makeBoxes({ clock: systemClock, watchdog, network }, { ...limits, ...config })
  process.env['HOST_SECRET'] = 'SECRET'
  try {
    const box = await boxes.of(language, profile).catch((error: unknown) => String(error))
    if (typeof box === 'string') {
      // A box that was tried out and let something through is no box that is missing.
      const problem = box.includes('does not hold') ? box : undefined
      return problem === undefined
        ? { missing: box }
        : { layers: [], results: [{ attack: 'the self-test', problem }] }
    }
    if (config['bubblewrap'] === undefined && !box.layers.includes('bubblewrap'))
      return { missing: 'bubblewrap is not here' }
    const chosen = attacksOf(language).filter((attack) => isPossible(attack) && choose(attack))
    return { layers: box.layers, results: await attackAll(chosen, box) }
  } finally {
    await boxes.stop()
    await network.stop()
    await watchdog.stop()
  }
}

async function attackAll(attacks: readonly Attack[], box: Sandbox): Promise<Result[]> {
  await using world = await makeWorld()
  const results: Result[] = []
  for (const attack of attacks) {
    const problem = await whyNotContained(attack, box, world, boxedMsMax)
    results.push({ attack: attack.name, problem })
  }
  const problem = (await world.isVictimDead()) ? 'the victim is dead' : await whyNotServing(box)
  return problem === undefined ? results : [...results, { attack: 'all of them', problem }]
}
