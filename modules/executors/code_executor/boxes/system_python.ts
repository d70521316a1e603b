/**
 * Python by the system's interpreter: a fresh, isolated process (`-I`: no environment variables of Python, no user
 * packages) with an empty folder. That is not a boundary: such a script may do what the user that runs Nexus may do.
 */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { ProcessRunner } from '@nexus/sdk/process'
import type { Sandbox, Script } from '../sandbox.ts'
import { systemProgram } from './python_bootstrap.ts'
import { runInScratch } from './run.ts'

export interface SystemPython {
  readonly program: string
  readonly version: readonly [number, number]
}

export function systemPythonBox(runner: ProcessRunner, python: SystemPython): Sandbox {
  return {
    name: `python ${python.version.join('.')}`,
    layers: ['process'],
    run: (script, options) =>
      runInScratch(runner, { script, options }, async (scratch) => {
        await scratch.write('job.json', pythonJob(script))
        const program = await scratch.write('bootstrap.py', systemProgram)
        return { program: python.program, arguments: ['-I', '-B', '-X', 'utf8', program] }
      }),
  }
}

export function pythonJob({ code, arguments: list, variables, environment }: Script): string {
  return JSON.stringify({ code, arguments: list, variables, environment })
}

const oldestPython = [3, 9] as const
const probeMsMax = 10_000
const probe = 'import json, sys; print(json.dumps([sys.executable, *sys.version_info[:2]]))'

/** The system's Python where it has one that is new enough; else why not. */
export async function findSystemPython(): Promise<SystemPython | { readonly missing: string }> {
  const name = process.platform === 'win32' ? 'python' : 'python3'
  try {
    const { stdout } = await promisify(execFile)(name, ['-I', '-B', '-c', probe], { timeout: probeMsMax })
    const [program, major, minor] = JSON.parse(stdout) as [string, number, number]
    const isNewEnough = major > oldestPython[0] || (major === oldestPython[0] && minor >= oldestPython[1])
    if (isNewEnough) return { program, version: [major, minor] }
    return { missing: `${program} is Python ${major}.${minor}, and 3.9 is needed` }
  } catch (error) {
    return {
      missing: `${name} does not run here (${error instanceof Error ? error.message.split('\n')[0] : ''})`,
    }
  }
}
