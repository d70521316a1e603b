/**
 * What no script may do: every fourth attack, in boxes that start quickly, without bubblewrap where they hold without it,
 * which is the weaker of both. `npm run test:sandbox` tries all of them in every box, with and without it, as root and as an
 * ordinary user; `.ci/run` does that too.
 */
import { describe, expect, test } from 'vitest'
import type { Language } from '../sandbox.ts'
import type { Attack } from './attacks/attack.ts'
import { attackBare, attackBox, attacksOf, combinations } from './attacks/campaign.ts'

const campaignMsMax = 180_000
const quick = new Set(['QuickJS', 'V8 under bubblewrap', 'Python'])
const sampleOf = (language: Language): ReadonlySet<Attack> =>
  new Set(attacksOf(language).filter((_attack, index) => index % 4 === 0))

describe.each(['javascript', 'python'] as const)('attacks in %s', (language) => {
  test('are many, and each has a name of its own', () => {
    const names = attacksOf(language).map(({ name }) => name)
    expect(names.length).toBeGreaterThan(40)
    expect(new Set(names).size).toBe(names.length)
  })

  test('succeed without a sandbox', { timeout: campaignMsMax }, async () => {
    // Pyodide as it comes takes seconds for each attack that is made for it.
    const sample = sampleOf(language)
    const results = await attackBare(language, (attack) => sample.has(attack) && attack.needsPyodide !== true)
    expect(results.filter(({ problem }) => problem !== undefined)).toEqual([])
  })
})

test.for(combinations.filter(({ title }) => quick.has(title)))(
  'no script gets out of $title',
  { timeout: campaignMsMax },
  async (combination, { skip }) => {
    const sample = sampleOf(combination.language)
    const campaign = await attackBox(combination, (attack) => sample.has(attack))
    if ('missing' in campaign) return skip(campaign.missing)
    expect(campaign.results.filter(({ problem }) => problem !== undefined)).toEqual([])
  },
)

test('no script gets out of Pyodide by its JavaScript', { timeout: campaignMsMax }, async ({ skip }) => {
  const combination = combinations.find(({ title }) => title === 'Pyodide')
  if (!combination) throw new Error('There is no combination with Pyodide.')
  const campaign = await attackBox(combination, ({ needsPyodide }) => needsPyodide === true)
  if ('missing' in campaign) return skip(campaign.missing)
  expect(campaign.results.filter(({ problem }) => problem !== undefined)).toEqual([])
})
