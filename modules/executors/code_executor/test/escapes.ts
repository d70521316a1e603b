/**
 * `npm run test:sandbox`: every attack against a bare runner, where it must succeed, and against every box of this
 * machine, where it must not; as who started it and, for root, as an ordinary user too. Prints one table, what was left
 * out and why, and each attack that went otherwise. Ends with 1 where any did, or where a language has no box at all.
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { attackBare, attackBox, combinations, type Campaign, type Combination } from './attacks/campaign.ts'
import { printTable, type Row } from './attacks/table.ts'

const nobody = 65534
/** The machine that checks every commit waits for this; what is not tried out by then was not shown. */
const wholeMsMax = 1_800_000
const file = fileURLToPath(import.meta.url)
const isRoot = process.getuid?.() === 0

if (process.argv[2] === '--rows') process.stdout.write(JSON.stringify(await attack(Number(process.argv[3]))))
else await tellAll()

async function tellAll(): Promise<void> {
  const untilMs = Date.now() + wholeMsMax
  const own = { who: isRoot ? 'root' : 'ordinary user', rows: await attack(untilMs) }
  const other = isRoot ? [{ who: 'ordinary user', rows: await attackAsNobody(untilMs) }] : []
  const isFine = printTable([own, ...other])
  process.exitCode = isFine ? 0 : 1
}

async function attack(untilMs: number): Promise<Row[]> {
  const rows: Row[] = []
  for (const language of ['javascript', 'python'] as const) {
    const title = language === 'javascript' ? 'Node without a sandbox' : 'Python without a sandbox'
    rows.push(
      await row({ title, language, isBare: true }, async () => ({
        layers: [],
        results: await attackBare(language),
      })),
    )
  }
  for (const combination of combinations) {
    const { title, language } = combination
    rows.push(await row({ title, language, isBare: false }, () => within(untilMs, combination)))
  }
  return rows
}

async function row(
  head: Pick<Row, 'title' | 'language' | 'isBare'>,
  work: () => Promise<Campaign>,
): Promise<Row> {
  const startedMs = Date.now()
  const campaign = await work()
  const tookSeconds = Math.round((Date.now() - startedMs) / 1000)
  // For whoever waits; the table comes at the end.
  process.stderr.write(`  ${isRoot ? 'root' : 'ordinary user'}: ${head.title}, ${tookSeconds} s\n`)
  return { ...head, campaign, tookSeconds }
}

async function within(untilMs: number, combination: Combination): Promise<Campaign> {
  if (Date.now() < untilMs) return attackBox(combination)
  return { layers: [], results: [{ attack: 'all of them', problem: 'no time was left to try it out' }] }
}

/** The same by a process of a user without rights. */
async function attackAsNobody(untilMs: number): Promise<Row[] | string> {
  const child = spawn(process.execPath, [file, '--rows', String(untilMs)], {
    uid: nobody,
    gid: nobody,
    cwd: '/',
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { PATH: process.env['PATH'], HOME: '/tmp' },
  })
  const texts: string[] = []
  child.stdout.on('data', (chunk: Buffer) => texts.push(chunk.toString()))
  const { promise, resolve } = Promise.withResolvers<string>()
  child.once('error', (error) => resolve(error.message))
  child.once('close', (code, signal) => resolve(code === 0 ? '' : `it ended by ${signal ?? code}`))
  const problem = await promise
  return problem === '' ? (JSON.parse(texts.join('')) as Row[]) : problem
}
