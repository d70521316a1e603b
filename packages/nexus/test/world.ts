/**
 * A Nexus in a temporary folder, for tests: runs documents and gives their records.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openNexus, type Nexus, type NexusOptions, type RunRecord } from '../src/index.ts'

export interface World {
  readonly nexus: Nexus
  /** Where workflows are found that others run. */
  readonly folder: string
  /** Runs tasks (YAML, two spaces in) to their end; `head` stands beside `do`. */
  run(tasks: string, options?: { input?: object; head?: string }): Promise<RunRecord>
  /** Closes and opens the same data again, as a restart does. */
  restart(options?: Partial<NexusOptions>): Promise<Nexus>
  [Symbol.asyncDispose](): Promise<void>
}

export function documentOf(tasks: string, head = '', name = 'sample', version = '1.0.0'): string {
  return `document: { dsl: '1.0.3', namespace: test, name: ${name}, version: '${version}' }\n${head}\ndo:\n${tasks}`
}

export async function setup(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'nexus-test-'))
  const open = (options: Partial<NexusOptions> = {}): Promise<Nexus> =>
    openNexus({ data: join(folder, 'data'), workflows: [folder], ...options })
  let nexus = await open()
  return {
    folder,
    get nexus() {
      return nexus
    },
    async run(tasks, { input = {}, head = '' } = {}) {
      const live = await nexus.run(nexus.check(documentOf(tasks, head)), input as never)
      await live.ended
      return nexus.runs.get(live.id)
    },
    async restart(options) {
      await nexus.close()
      nexus = await open(options)
      return nexus
    },
    async [Symbol.asyncDispose]() {
      await nexus.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Writes a version of the module `teller`, which does `tell`, and gives its folder. It says which version it is. */
export function version(
  world: World,
  number: string,
  body = `return ok({ n: context.inputData.n + 1, by: '${number}' })`,
): string {
  const folder = join(world.folder, `v${number}`, 'executors', 'teller')
  mkdirSync(folder, { recursive: true })
  const manifest = `id: teller\nversion: ${number}\ntype: executor\nname: Teller\ndescription: Says its version.
entry_points: {main: main.js}\nprovides: [{task: tell}]\n`
  const main = `const ok = (outputData) => ({ success: true, outputData, metadata: {} })
export class Module { async execute(context) { ${body} } }\n`
  writeFileSync(join(folder, 'manifest.yaml'), manifest)
  writeFileSync(join(folder, 'main.js'), main)
  return folder
}
