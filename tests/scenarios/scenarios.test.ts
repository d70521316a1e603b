/**
 * Runs the scenarios of the workflow language, `features/*.feature`, in one process of Cucumber. What it says of those
 * that fail is what the test fails with. It needs no network, and nothing is published anywhere.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const features = join(import.meta.dirname, 'features')
const cucumber = join(
  dirname(fileURLToPath(import.meta.resolve('@cucumber/cucumber/package.json'))),
  'bin/cucumber.js',
)

/** Some seconds on a quiet machine. */
const runMsMax = 180_000

/** `folder`: where its temporary files go, so that none is left even when it is stopped. */
async function runScenarios(folder: string): Promise<{ code: number | null; said: string }> {
  const { CUCUMBER_PUBLISH_TOKEN: _, ...environment } = process.env
  const steps = ['--import', join(import.meta.dirname, 'steps/*.ts')]
  const child = spawn(process.execPath, [cucumber, ...steps, '--format', 'summary', features], {
    cwd: import.meta.dirname,
    env: {
      ...environment,
      TMPDIR: folder,
      CUCUMBER_PUBLISH_ENABLED: 'false',
      CUCUMBER_PUBLISH_QUIET: 'true',
      NO_COLOR: '1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: runMsMax,
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (said += text))
  }
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, said }
}

/** How many scenarios stand in the files: each example of an outline is one. */
function scenariosWritten(): number {
  const texts = readdirSync(features).map((file) => readFileSync(join(features, file), 'utf8'))
  return texts
    .flatMap((text) => text.split(/^ *(?=Scenario)/m).slice(1))
    .map((scenario) => /Examples:\n((?: *\|.*\n?)+)/.exec(scenario)?.[1])
    .reduce((sum, examples) => sum + (examples === undefined ? 1 : examples.trim().split('\n').length - 1), 0)
}

test(
  'every scenario of the workflow language comes out as it is told',
  { timeout: runMsMax + 10_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nexus-scenarios-'))
    const { code, said } = await runScenarios(folder).finally(() =>
      rmSync(folder, { recursive: true, force: true }),
    )
    if (code !== 0) throw new Error(said)
    const count = scenariosWritten()
    expect(said).toContain(`${count} scenarios (${count} passed)`)
  },
)
