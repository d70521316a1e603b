/**
 * The system's Python, and where the Python side of the host is. It is asked for its real program, since what is on the
 * PATH may be a script that needs the environment which a module's process does not get.
 */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** The folder of the Python package `nexus`. */
export const pythonSdk = join(import.meta.dirname, '../../../../../python')

export interface Python {
  readonly program: string
  /** The folders that its own files are in. */
  readonly prefixes: readonly string[]
}

const oldest = [3, 9] as const
const probeMsMax = 10_000
const probe =
  'import json, sys; print(json.dumps([sys.executable, [*{sys.prefix, sys.base_prefix}], *sys.version_info[:2]]))'

/** Python where there is one that is new enough; else why not, as a part of a sentence. */
export async function findPython(
  name = process.platform === 'win32' ? 'python' : 'python3',
): Promise<Python | { readonly missing: string }> {
  try {
    const { stdout } = await promisify(execFile)(name, ['-I', '-B', '-c', probe], { timeout: probeMsMax })
    const [program, prefixes, major, minor] = JSON.parse(stdout) as [string, string[], number, number]
    if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return { program, prefixes }
    return { missing: `${program} is Python ${major}.${minor}, and 3.9 is needed` }
  } catch (error) {
    const why = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)
    return { missing: `${name} does not run here (${why})` }
  }
}
