/**
 * How far the solver and the sets of versions agree with public corpora, from their own repositories:
 * `node packages/kernel/bench/corpora.ts [--cocoapods FOLDER] [--pub FOLDER] [--semver FOLDER]`, each a checkout of
 * CocoaPods/Resolver-Integration-Specs, dart-lang/pub and npm/node-semver. Nothing of them is kept here. Prints for each how
 * many cases agree, and every case that does not or that was left out, with the reason.
 */
import { parseArgs } from 'node:util'
import { cocoapodsCases } from './corpora/cocoapods.ts'
import { pubCases } from './corpora/pub.ts'
import { semverCases } from './corpora/semver.ts'
import type { Verdict } from './corpora/verdict.ts'

const { values } = parseArgs({
  options: { cocoapods: { type: 'string' }, pub: { type: 'string' }, semver: { type: 'string' } },
})

if (values.cocoapods !== undefined) report('CocoaPods', await cocoapodsCases(values.cocoapods))
if (values.pub !== undefined) report('pub', await pubCases(values.pub))
if (values.semver !== undefined) report('node-semver', semverCases(values.semver))

function report(corpus: string, verdicts: readonly Verdict[]): void {
  const count = (kind: Verdict['kind']): number => verdicts.filter((verdict) => verdict.kind === kind).length
  const total = `${count('agrees')} agree, ${count('differs')} differ, ${count('left_out')} left out`
  const rest = verdicts.flatMap((verdict) =>
    verdict.kind === 'agrees' ? [] : [`  ${verdict.kind}: ${verdict.name}: ${verdict.why}`],
  )
  process.stdout.write(`${corpus}: ${total}\n${rest.map((line) => `${line}\n`).join('')}`)
}
