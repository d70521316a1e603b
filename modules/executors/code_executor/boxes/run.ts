/** What all boxes have in common: one process for one script, in its own folders, and the report of its end. */
import type { ProcessOptions, ProcessRunner } from '@nexus/sdk/process'
import type { Script, ScriptOptions, ScriptOutcome } from '../sandbox.ts'
import { makeScratch, type Scratch } from './scratch.ts'

/** `prepare` writes what the program needs into the scratch folder and says how it is started. */
export async function runInScratch(
  runner: ProcessRunner,
  { script, options }: { script: Script; options: ScriptOptions },
  prepare: (scratch: Scratch) => Promise<Pick<ProcessOptions, 'program' | 'arguments'>>,
): Promise<ScriptOutcome> {
  await using scratch = await makeScratch()
  const program = await prepare(scratch)
  const outcome = await runner.run({
    ...options,
    ...program,
    folder: scratch.work,
    environment: { TMPDIR: scratch.work, ...script.environment },
    ...(script.stdin !== undefined && { stdin: script.stdin }),
  })
  const stderr = outcome.stderr.replaceAll(`${scratch.host}/`, '')
  const error = await scratch.report()
  return { ...outcome, stderr, ...(error && { error }) }
}
