/**
 * The versions of the module that is swapped: what each is like, and its files. A task waits as long as its input says,
 * writes into the ledger that it was done, by which version, and puts that into its output.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { HostName } from './measured_server.ts'

export type Kind = 'fine' | 'throws' | 'hangs' | 'exits'

export interface Version {
  readonly number: string
  readonly kind: Kind
  /** Asked for with the swap; the versions decide without. */
  readonly runs?: 'follow' | 'pin'
}

/** One version of so many does not start. */
const faultyEvery = 10
/** One of so many is of another major version, and of so many comes with an explicit policy. */
const majorEvery = 25
const policyEvery = 7

/** In its own process a set-up may end that; in the server's it would end the server. */
const faults: Readonly<Record<HostName, readonly Kind[]>> = {
  in_process: ['throws', 'hangs'],
  process: ['throws', 'hangs', 'exits'],
}

/** The versions in their order; the first serves from the start. */
export function versionsFor(host: HostName, count: number): readonly Version[] {
  let major = 1
  return Array.from({ length: count + 1 }, (_, index) => {
    const kinds = faults[host]
    const faulty = index > 0 && index % faultyEvery === 0
    const kind = faulty ? (kinds[(index / faultyEvery) % kinds.length] ?? 'throws') : 'fine'
    if (index % majorEvery === majorEvery - 1) major++
    const asked = index % policyEvery === 0 && index > 0
    const runs = asked
      ? { runs: index % (2 * policyEvery) === 0 ? ('pin' as const) : ('follow' as const) }
      : {}
    return { number: `${major}.${index}.0`, kind, ...runs }
  })
}

const setUps: Readonly<Record<Kind, string>> = {
  fine: '',
  throws: "throw new Error('not today')",
  hangs: 'await new Promise(() => {})',
  exits: 'process.exit(7)',
}

/** Writes it in the place of the one before, and gives its folder. */
export function writeVersion(folder: string, { number, kind }: Version): string {
  const source = join(folder, 'modules', 'executors', 'swapped')
  mkdirSync(source, { recursive: true })
  writeFileSync(
    join(source, 'manifest.yaml'),
    `id: swapped\nversion: ${number}\ntype: executor\nname: Swapped\ndescription: Waits.\nentry_points: {main: main.ts}\nprovides: [{task: bench.swapped}]\npermissions: {write: [${JSON.stringify(ledgerIn(folder))}]}\n`,
  )
  writeFileSync(join(source, 'main.ts'), mainOf(ledgerIn(folder), number, kind))
  return source
}

export function ledgerIn(folder: string): string {
  return join(folder, 'ledger.txt')
}

function mainOf(ledger: string, number: string, kind: Kind): string {
  return `import { BaseModule, ModuleResult, type ModuleContext } from '@nexus/sdk'
import { appendFileSync } from 'node:fs'
export class Module extends BaseModule {
  override async setup(): Promise<void> { ${setUps[kind]} }
  override async execute(context: ModuleContext): Promise<ModuleResult> {
    const { by, seed, lasts_ms } = context.inputData as { by: string[]; seed: number; lasts_ms: number }
    appendFileSync(${JSON.stringify(ledger)}, context.idempotencyKey + '\\n')
    await context.clock.sleep(lasts_ms, context.signal)
    return ModuleResult.ok({ by: [...by, '${number}'], seed })
  }
}
`
}
