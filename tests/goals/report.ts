/**
 * `npm run goals`: runs the golden set and prints how much of it was understood and right, refused rightly, or wrong.
 * With words behind it, only the goals that have them.
 */
import { connectives, goldenSet } from './golden_set.ts'
import { setup, type Verdict } from './world.ts'

const wanted = process.argv.slice(2).join(' ').toLowerCase()
const goals = goldenSet().filter(({ goal, file }) => `${file} ${goal}`.toLowerCase().includes(wanted))
const verdicts: Verdict[] = []
{
  await using world = await setup()
  for (const goal of goals) verdicts.push(await world.judge(goal))
}
const of = (kind: Verdict['kind']): Verdict[] => verdicts.filter((verdict) => verdict.kind === kind)
for (const { goal, why } of of('wrong')) console.log(`wrong: ${goal.goal}\n    ${why}`)
const share = (count: number): string =>
  `${count} (${((100 * count) / Math.max(1, verdicts.length)).toFixed(1)} %)`
console.log(
  `${verdicts.length} goals, ${goals.filter(({ goal }) => connectives(goal) >= 2).length} of them with two or more connectives`,
)
console.log(`understood and right: ${share(of('right').length)}`)
console.log(`refused rightly:      ${share(of('refused').length)}`)
console.log(`could be done, and is refused: ${share(of('missed').length)}`)
console.log(`wrong:                ${share(of('wrong').length)}`)
process.exitCode = of('wrong').length > 0.02 * verdicts.length ? 1 : 0
