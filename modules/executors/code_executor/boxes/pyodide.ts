/**
 * Python compiled to WebAssembly, for machines without a Python: a fresh Node process under the permission model that
 * reads Pyodide's own folder and its scratch folder, and nothing else. A script sees the files of its WebAssembly
 * world, not those of the machine; it has the standard library without processes, threads and sockets.
 */
import { access } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import type { ProcessRunner } from '@nexus/sdk/process'
import type { Sandbox } from '../sandbox.ts'
import { nodePermissions } from './javascript.ts'
import { pyodideDriver } from './pyodide_driver.ts'
import { runInScratch } from './run.ts'
import { pythonJob } from './system_python.ts'

/** `folder` is that of the pyodide package. */
export function pyodideBox(runner: ProcessRunner, folder: string): Sandbox {
  return {
    name: 'pyodide',
    layers: ['process', 'node-permission-model', 'webassembly'],
    run: (script, options) =>
      runInScratch(runner, { script, options }, async (scratch) => {
        await scratch.write('job.json', pythonJob(script))
        const driver = await scratch.write('driver.mjs', pyodideDriver)
        const flags = [...nodePermissions(scratch), `--allow-fs-read=${folder}`, '--no-warnings']
        return { program: process.execPath, arguments: [...flags, driver, folder + sep] }
      }),
  }
}

/** The folder of the installed package: as configured, else as it is found from here, from the program or from the working folder. */
export async function findPyodide(configured: string): Promise<string | undefined> {
  const places = configured === '' ? installedAt() : [configured]
  for (const folder of places) {
    const isThere = await access(join(folder, 'pyodide.asm.wasm')).then(
      () => true,
      () => false,
    )
    if (isThere) return folder
  }
  return undefined
}

function installedAt(): string[] {
  // A host that bundles this file into a script has no URL for it.
  const here: string | undefined = import.meta.url
  const bases = [here, process.argv[1], join(process.cwd(), 'package.json')]
  return bases.flatMap((base) => {
    try {
      return base === undefined ? [] : [dirname(createRequire(base).resolve('pyodide/package.json'))]
    } catch {
      return []
    }
  })
}
