/** Which box runs which language on this machine. Each is looked for once, when a script first needs it. */
import { TaskFault, type JsonObject } from '@nexus/sdk'
import type { ProcessRunner } from '@nexus/sdk/process'
import { javascriptBox } from './boxes/javascript.ts'
import { findPyodide, pyodideBox } from './boxes/pyodide.ts'
import { findSystemPython, systemPythonBox } from './boxes/system_python.ts'
import type { Language, Sandbox } from './sandbox.ts'

export interface Boxes {
  /** Rejects with a configuration fault where this machine has no box for the language. */
  of(language: Language): Promise<Sandbox>
}

export function makeBoxes(runner: ProcessRunner, config: JsonObject): Boxes {
  const javascript = javascriptBox(runner)
  let python: Promise<Sandbox> | undefined
  return {
    of(language) {
      if (language === 'javascript') return Promise.resolve(javascript)
      return (python ??= choosePython(runner, config))
    },
  }
}

async function choosePython(runner: ProcessRunner, config: JsonObject): Promise<Sandbox> {
  const { python: wanted = 'auto', pyodide_folder: folder = '' } = config
  const reasons: string[] = []
  if (wanted !== 'pyodide') {
    const found = await findSystemPython()
    if (!('missing' in found)) return systemPythonBox(runner, found)
    reasons.push(found.missing)
  }
  if (wanted !== 'system') {
    const found = await findPyodide(typeof folder === 'string' ? folder : '')
    if (found !== undefined) return pyodideBox(runner, found)
    reasons.push('the npm package pyodide is not installed')
  }
  throw TaskFault.of(
    'configuration',
    `Nothing here runs Python scripts: ${reasons.join('; ')}. Install Python 3.9 or newer, or: npm install pyodide`,
  )
}
