/**
 * The folders of one script: `host` has what the box needs to run it and the report of its end, `work` is the empty
 * folder in which it runs. Both are gone when the script is.
 */
import { mkdir, mkdtemp, open, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isJsonObject } from '@nexus/sdk'
import type { ScriptError } from '../sandbox.ts'

/** What is read of a report at most; a script could have written it. */
const reportBytesMax = 16_384

export interface Scratch extends AsyncDisposable {
  readonly host: string
  readonly work: string
  readonly reportPath: string
  /** Writes a file into `host` and gives its path. */
  write(name: string, text: string): Promise<string>
  report(): Promise<ScriptError | undefined>
}

export async function makeScratch(): Promise<Scratch> {
  const root = await mkdtemp(join(await realpath(tmpdir()), 'nexus-script-'))
  const [host, work] = [join(root, 'host'), join(root, 'work')]
  const reportPath = join(host, 'report.json')
  await Promise.all([mkdir(host), mkdir(work)])
  return {
    host,
    work,
    reportPath,
    async write(name, text) {
      const path = join(host, name)
      await writeFile(path, text, { mode: 0o600 })
      return path
    },
    report: () => readReport(reportPath),
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true, maxRetries: 3 }),
  }
}

/** `{message, line?}`; anything else counts as no report. */
async function readReport(path: string): Promise<ScriptError | undefined> {
  try {
    await using file = await open(path)
    const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(reportBytesMax) })
    const report: unknown = JSON.parse(buffer.toString('utf8', 0, bytesRead))
    if (!isJsonObject(report) || typeof report['message'] !== 'string') return undefined
    const { message, line } = report
    return { message, ...(typeof line === 'number' && { line }) }
  } catch {
    // No report, or not one: the exit code and the standard error still say what happened.
    return undefined
  }
}
