/**
 * `npm run test:sandbox`: every attack against a bare runner and every box of this machine, as who started it and, for
 * root, as an ordinary user too. Prints a table and what got through; ends with 1 where anything did.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { attackBare, attackBox, combinations, type Result } from './attacks/campaign.ts'

const nobody = 65534
const who = process.getuid?.() === 0 ? 'root' : 'ordinary user'
const rows: string[] = []
const problems: string[] = []

function note(title: string, results: readonly Result[], unit: string): void {
  const good = results.filter(({ problem }) => problem === undefined).length
  rows.push(`${title.padEnd(28)} ${who.padEnd(14)} ${String(good).padStart(4)}/${results.length} ${unit}`)
  for (const { attack, problem } of results)
    if (problem !== undefined) problems.push(`${title}, ${who}: ${attack}: ${problem}`)
}

for (const language of ['javascript', 'python'] as const)
  note(language === 'javascript' ? 'bare Node' : 'bare Python', await attackBare(language), 'succeed')
for (const combination of combinations) {
  const campaign = await attackBox(combination)
  if ('missing' in campaign)
    rows.push(`${combination.title.padEnd(28)} ${who.padEnd(14)}    – ${campaign.missing}`)
  else note(combination.title, campaign.results, `contained  (${campaign.layers.join(', ')})`)
}
console.log(rows.join('\n'))
for (const problem of problems) console.log(`! ${problem}`)
if (problems.length > 0) process.exitCode = 1

if (who === 'root') {
  const again = [process.execPath, fileURLToPath(import.meta.url)] as const
  const { status, error } = spawnSync(again[0], [again[1]], {
    uid: nobody,
    gid: nobody,
    stdio: 'inherit',
    env: { PATH: process.env['PATH'], HOME: '/tmp' },
  })
  if (error) console.log(`As an ordinary user: not possible here, ${error.message}`)
  if (status !== 0) process.exitCode = 1
}
